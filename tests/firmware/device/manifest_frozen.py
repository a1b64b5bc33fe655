# ruff: noqa: F821
# Frozen into the firmware that has all of the package inside.
include("manifest.py")
include("../../../python/saguarota/manifest.py")
