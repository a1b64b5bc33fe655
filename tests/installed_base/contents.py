"""The files of the devices and their releases: {path: text, or [bytes, seed] of noise()}.

That form is the index's as well. Each seed is another content.
"""

from support import noise

# Of the application, and of no release.
OWN = {"own_settings.json": '{"name": "probe"}'}
OLD = {
    "lib/sensor_driver.py": [7000, 2],
    "lib/unchanged_module.py": [300, 3],
    "main.py": [400, 1],
    "settings_default.json": '{"interval": 10}',
    "web_pages/index_page.html": [700, 4],
}
# Created, in created folders as well, replaced, unchanged, an empty one, and one of several blocks.
NEW = {
    "empty_marker.txt": "",
    "lib/sensor_driver.py": [400, 12],
    "lib/unchanged_module.py": [300, 3],
    "main.py": [6000, 11],
    "new_folder/nested/deep_module.py": [150, 15],
    "settings_default.json": '{"interval": 20, "unit": "s"}',
    "web_pages/index_page.html": [300, 14],
}
# What the policy `all` deletes, besides OWN.
EXTRAS = {
    "lib/removed_module.py": [300, 22],
    "old_folder/inner_part/leftover.py": [100, 23],
    "old_notes_long.txt": [600, 21],
    "x.py": "x",
}
# What the default skip lists cover.
SKIPPED = {"assets/large_page.css": [700, 31], "startup_logo.png": [900, 32]}
SKIPPED_NEW = {
    "assets/created_icon.png": [100, 43],
    "assets/large_page.css": [800, 41],
    "startup_logo.png": [500, 42],
}


def contents(files):
    """{path: bytes} of files in the form above."""
    return {
        path: noise(*made) if isinstance(made, list) else made.encode()
        for path, made in files.items()
    }


def changed(before, after):
    """What of `after` is not in `before` just so."""
    return {path: made for path, made in after.items() if before.get(path) != made}
