# Fetches every file that the manifest on flash names, over one connection, and keeps nothing: the
# share of server and network in an update. Prints microseconds.
import json
import time

from _saguarota import Response
from saguarota.http import Client
from served import HOST, PORT

with open("versions.json") as file:
    paths = [entry["path"] for entry in json.loads(file.read())["files"]]
buffer = bytearray(512)
client = Client(Response(buffer), memoryview(buffer), 5, None)
start = time.ticks_us()
for path in paths:
    client.get(f"http://{HOST}:{PORT}/ota/{path}", len)
print("us", time.ticks_diff(time.ticks_us(), start))
client.close()
