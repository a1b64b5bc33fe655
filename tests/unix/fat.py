"""Checks that no cluster of a FAT image belongs to two files, nor to none that says it is free.

Reads FAT12 and FAT16, as MicroPython's mkfs makes them on small disks (Microsoft's FAT
specification, 1.03).
"""

import struct


def chains(image):
    """{path: clusters} of all files, and of folders with a slash behind their path. AssertionError
    for a chain that leaves the table or runs through a free cluster."""
    volume = _Volume(image)
    found = {}
    root = volume.root_start
    _walk(volume, image[root : root + 32 * volume.root_entries], "", found)
    return found


def shared(image):
    """The pairs of paths that have a cluster in common."""
    owners, pairs = {}, set()
    for path, clusters in chains(image).items():
        for cluster in clusters:
            other = owners.setdefault(cluster, path)
            if other != path:
                pairs.add((other, path))
    return pairs


def without_times(image):
    """The image with the times and dates of all entries of its folders zero: what a device writes
    is the same then whenever it does so."""
    volume = _Volume(image)
    timeless = bytearray(image)
    starts = [*range(volume.root_start, volume.root_start + 32 * volume.root_entries, 32)]
    for path, clusters in chains(image).items():
        if path.endswith("/"):
            for cluster in clusters:
                start = volume.data + (cluster - 2) * volume.cluster_size
                starts += range(start, start + volume.cluster_size, 32)
    for start in starts:
        # A part of a long name has letters there.
        if timeless[start + 11] != 0x0F:
            timeless[start + 13 : start + 20] = bytes(7)
            timeless[start + 22 : start + 26] = bytes(4)
    return bytes(timeless)


def entry_at(image, path):
    """Where in the image the entry of a file is that has this path, its long name if it has one.
    FileNotFoundError."""
    volume = _Volume(image)
    places = range(volume.root_start, volume.root_start + 32 * volume.root_entries, 32)
    *folders, name = path.split("/")
    for folder in folders:
        at = _find(volume, places, folder)
        places = volume.places(struct.unpack_from("<H", volume.whole, at + 26)[0])
    return _find(volume, places, name)


class _Volume:
    def __init__(self, image):
        # A partition table, if there is one, names the volume's first sector.
        start = 0
        if image[54:57] != b"FAT":
            (start,) = struct.unpack_from("<I", image, 446 + 8)
        self.image = image[512 * start :]
        sector, self.per_cluster, reserved, fats, self.root_entries, total, _, fat_size = (
            struct.unpack_from("<HBHBHHBH", self.image, 11)
        )
        self.fat = sector * reserved
        self.root_start = 512 * start + sector * (reserved + fats * fat_size)
        self.cluster_size = sector * self.per_cluster
        self.data = self.root_start + 32 * self.root_entries
        count = (total * sector - (self.data - 512 * start)) // self.cluster_size
        self.wide = count >= 4085
        self.last = count + 1
        self.whole = image

    def next(self, cluster):
        if self.wide:
            return struct.unpack_from("<H", self.image, self.fat + 2 * cluster)[0]
        (pair,) = struct.unpack_from("<H", self.image, self.fat + cluster * 3 // 2)
        return pair >> 4 if cluster % 2 else pair & 0xFFF

    def chain(self, cluster):
        found = []
        while cluster < (0xFFF8 if self.wide else 0xFF8):
            assert 2 <= cluster <= self.last, f"cluster {cluster} is free or outside"
            assert cluster not in found, "a chain runs in a circle"
            found.append(cluster)
            cluster = self.next(cluster)
        return found

    def places(self, cluster):
        """Where the entries of a folder are."""
        for one in self.chain(cluster):
            start = self.data + (one - 2) * self.cluster_size
            yield from range(start, start + self.cluster_size, 32)

    def content(self, clusters):
        starts = [self.data + (cluster - 2) * self.cluster_size for cluster in clusters]
        return b"".join(self.whole[start : start + self.cluster_size] for start in starts)


def _walk(volume, folder, prefix, found):
    for at in range(0, len(folder), 32):
        entry = folder[at : at + 32]
        if entry[0] == 0:
            return
        attributes = entry[11]
        # Removed, part of a long name, the volume's label, or the folder itself and its parent.
        if entry[0] in (0xE5, ord(".")) or attributes & 0x08:
            continue
        path = prefix + entry[:11].decode("latin-1") + "/" * bool(attributes & 0x10)
        (first,) = struct.unpack_from("<H", entry, 26)
        found[path] = volume.chain(first) if first else []
        if attributes & 0x10:
            _walk(volume, volume.content(found[path]), path, found)


def _find(volume, places, name):
    long = ""
    for at in places:
        entry = bytes(volume.whole[at : at + 32])
        if entry[0] == 0xE5:
            long = ""
        elif entry[11] == 0x0F:
            # The last part of the name comes first.
            part = (entry[1:11] + entry[14:26] + entry[28:32]).decode("utf-16-le")
            long = part.split("\0")[0] + long
        else:
            stem, end = entry[:8].decode("latin-1").strip(), entry[8:11].decode("latin-1").strip()
            short = stem + ("." + end if end else "")
            if name.lower() in (long.lower(), short.lower()):
                return at
            long = ""
    raise FileNotFoundError(name)
