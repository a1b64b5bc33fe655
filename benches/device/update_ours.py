# Runs one update and prints its microseconds. `served` is written by the bench.
import time

from saguarota import OTAUpdater
from served import HOST, KEY, OPTIONS, PORT

url = f"http://{HOST}:{PORT}/ota/"
updater = OTAUpdater(url + "versions.json", url, manifest_auth_key=KEY, **OPTIONS)
start = time.ticks_us()
try:
    updater.check_and_perform_ota()
    print("failed", updater.last_error_message)
except SystemExit:
    print("us", time.ticks_diff(time.ticks_us(), start))
