"""The memory of hashes, and files that change under it."""

import hashlib
import threading
import time
from pathlib import Path

import pytest
from saguarota.py3utils import OTAManifestBuilder
from saguarota.py3utils.hashes import FileHashes

pytestmark = pytest.mark.filterwarnings("error")

SIZE = 8 << 20


class TestHashes:
    """The memory of hashes, and files that change under it."""

    def test_vanished_file_is_an_error_that_names_it(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"vanished.*gone\.py"):
            FileHashes().of(str(tmp_path / "gone.py"))

    def test_error_of_a_read_names_the_file(self, tmp_path):
        with pytest.raises(IsADirectoryError) as caught:
            FileHashes().of(str(tmp_path))
        assert caught.value.filename == str(tmp_path)

    def test_file_that_changes_while_it_is_read_is_an_error(self, tmp_path):
        file = tmp_path / "log.py"
        file.write_bytes(bytes(32 << 20))
        done = threading.Event()

        def append():
            with open(file, "ab", buffering=0) as out:
                while not done.is_set():
                    out.write(b"x")

        writer = threading.Thread(target=append)
        writer.start()
        try:
            with pytest.raises(OSError, match=r"changed.*log\.py"):
                FileHashes().of(str(file))
        finally:
            done.set()
            writer.join()

    @pytest.mark.skipif(
        not Path("/proc/self/io").exists(), reason="counts reads with Linux's /proc"
    )
    def test_unchanged_file_is_read_again_only_until_its_mtime_is_old(self, put):
        src = put(**{"big.py": b"1" * SIZE})
        builder = OTAManifestBuilder(src)
        assert bytes_read(builder.generate_manifest) > SIZE
        # It may have changed since, in the same tick of the file system's clock.
        assert bytes_read(builder.generate_manifest) > SIZE
        time.sleep(2.1)
        assert bytes_read(builder.generate_manifest) > SIZE
        assert bytes_read(builder.generate_manifest) < 1 << 20
        # Neither size nor mtime tell of this change.
        put(**{"big.py": b"2" * SIZE})
        md5 = builder.generate_manifest_data()["files"][0]["md5"]
        assert md5 == hashlib.md5(b"2" * SIZE).hexdigest()

    def test_change_is_noticed_without_a_trace_in_size_and_mtime(self, put):
        builder = OTAManifestBuilder(put(**{"a.py": b"old"}))
        for content in (b"old", b"new", b"odd"):
            put(**{"a.py": content})
            md5 = builder.generate_manifest_data()["files"][0]["md5"]
            assert md5 == hashlib.md5(content).hexdigest()

    def test_threads_that_share_a_builder_get_the_same_manifest(self, put):
        builder = OTAManifestBuilder(put(*(f"{n}.py" for n in range(100))))
        expected, found = builder.generate_manifest(), []

        def work():
            found.extend(builder.generate_manifest() for _ in range(5))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [expected] * 20


def bytes_read(function):
    def count():
        return int(Path("/proc/self/io").read_text().split()[1])

    before = count()
    function()
    return count() - before
