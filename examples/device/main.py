"""The demo application's main.py, a file of each release like all others."""

import config
from release import NUMBER
from saguarota import OTAUpdater

print(f"main.py: release {NUMBER} runs")
# An application would test here what it cannot do without: its sensors, its network.
if OTAUpdater(config.URL + "versions.json", config.URL).confirm_update(cleanup=True):
    print(f"main.py: release {NUMBER} is confirmed, its backup removed")
