# The same by the plain updater. WHOLE_TEXT: see there.
import time

from plain import PlainUpdater
from served import HOST, KEY, PORT, WHOLE_TEXT

updater = PlainUpdater(HOST, PORT, KEY, WHOLE_TEXT)
start = time.ticks_us()
updater.check_and_update()
print("us", time.ticks_diff(time.ticks_us(), start))
