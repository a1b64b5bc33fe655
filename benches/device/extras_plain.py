# Counts the files that the manifest on flash does not name, the plain way.
from plain import extras
from served import OWN

print("extras", len(extras("versions.json", OWN)))
