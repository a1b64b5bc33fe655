# Heap that stays taken by the package, and by an updater made of it.
import gc

gc.collect()
before = gc.mem_alloc()
import saguarota  # noqa: E402

gc.collect()
imported = gc.mem_alloc()
updater = saguarota.OTAUpdater(
    "http://192.168.4.1:8000/ota/versions.json",
    "http://192.168.4.1:8000/ota/",
    manifest_auth_key="secret",
)
gc.collect()
print("import", imported - before)
print("updater", gc.mem_alloc() - imported)
