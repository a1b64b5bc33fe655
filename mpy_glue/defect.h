// What module.h lists besides in builds for a test.
#define DEFECT(FUNCTION) FUNCTION(MP_QSTR_defect, 1, saguarota_defect)
