# For MicroPython's build: freezes the device's half of the package into a firmware. In the board's
# own manifest, either
#     include("/path/to/SaguarOTA/python/saguarota/manifest.py")
# or
#     add_library("saguarota", "/path/to/SaguarOTA/python")
#     require("saguarota", library="saguarota")

import os

with open("version.py") as _file:
    exec(_file.read())
metadata(description="Over-the-air updates with a Rust core", version=__version__)  # noqa: F821

# The other files are for the host, where the native module does not have the version.
HOST = ("__main__.py", "manifest.py", "version.py")

package(  # noqa: F821
    "saguarota",
    files=sorted(name for name in os.listdir(".") if name.endswith(".py") and name not in HOST),
    base_path="..",
    opt=3,
)
