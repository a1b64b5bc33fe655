# Runs one update and prints its microseconds. `site` is written beside this file by the bench.
import time

from saguarota import OTAUpdater
from site import HOST, KEY, PORT

url = "http://%s:%d/ota/" % (HOST, PORT)
updater = OTAUpdater(url + "versions.json", url, manifest_auth_key=KEY)
start = time.ticks_us()
try:
    updater.check_and_perform_ota()
    print("failed", updater.last_error_message)
except SystemExit:
    print("us", time.ticks_diff(time.ticks_us(), start))
