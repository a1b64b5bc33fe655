"""Versions from git: equal to what git tells file by file, got by one process."""

import os
import shlex

import pytest
from host_tree import MTIME, UNUSUAL, git
from saguarota.py3utils import OTAManifestBuilder

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # Of the unusual names, which a device with littlefs takes.
    pytest.mark.filterwarnings("ignore:.*FAT can't hold"),
]

T = 1_600_000_000


@pytest.fixture
def repo(put, tmp_path, plain_git):
    """A repository in tmp_path whose folder src is to be released."""
    put()
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def commit(where, time, *args):
    git(where, "add", "-A")
    # The author's date must not be taken for the committer's.
    dates = {"GIT_COMMITTER_DATE": f"@{time} +0000", "GIT_AUTHOR_DATE": "@1500000000 +0000"}
    git(where, "commit", "-q", "--allow-empty", "-m", "//0 0\n\nM", *args, env=dates)


def versions(src, **options):
    builder = OTAManifestBuilder(src, version_source="git_commit_time", **options)
    return {file["path"]: file["version"] for file in builder.generate_manifest_data()["files"]}


def told_one_by_one(src, paths):
    return {path: int(git(src, "log", "-1", "--format=%ct", "--", path)) for path in paths}


@pytest.mark.parametrize("merges", ["separate", "first-parent", "combined"])
def test_versions_equal_the_git_log_time_of_each_file(repo, put, merges):
    git(repo, "config", "log.diffMerges", merges)
    src = put("a.py", "sub/b.py", "old_name.py", **{"merged.py": b"1\n2\n3\n4\n5\n6\n7\n8\n9\n"})
    (repo / "elsewhere.py").write_text("x")
    (repo / "a.py").write_text("not the one in src")
    commit(repo, T)
    put(*UNUSUAL)
    commit(repo, T + 10)
    git(repo, "mv", "src/old_name.py", "src/new_name.py")
    commit(repo, T + 20)
    git(repo, "checkout", "-q", "-b", "side")
    put(**{"merged.py": b"one\n2\n3\n4\n5\n6\n7\n8\n9\n", "side.py": b"side"})
    commit(repo, T + 30)
    git(repo, "checkout", "-q", "main")
    put(**{"merged.py": b"1\n2\n3\n4\n5\n6\n7\n8\nnine\n", "sub/b.py": b"changed since"})
    (repo / "a.py").write_text("changed")
    commit(repo, T + 40)
    dates = {"GIT_COMMITTER_DATE": f"@{T + 50} +0000"}
    git(repo, "merge", "-q", "--no-edit", "side", env=dates)
    (src / "a.py").chmod(0o755)
    commit(repo, T + 60)

    found = versions(src)
    expected = told_one_by_one(src, found)
    assert found == expected
    assert found["merged.py"] == T + 50, "merged from both sides"
    assert found["side.py"] == T + 30
    assert found["new_name.py"] == T + 20
    assert set(found) == {"a.py", "sub/b.py", "new_name.py", "merged.py", "side.py", *UNUSUAL}


def test_configuration_of_the_user_changes_nothing(repo, put):
    src = put("a.py", "é.py", "sub/b.py")
    commit(repo, T)
    git(repo, "mv", "src/a.py", "src/c.py")
    commit(repo, T + 10)
    for setting in (
        "log.showRoot=false",
        "log.showSignature=true",
        "log.follow=true",
        "log.decorate=full",
        "log.diffMerges=off",
        "color.ui=always",
        "diff.renames=copies",
        "diff.noprefix=true",
        "core.quotePath=true",
        "format.pretty=fuller",
        "core.pager=false",
    ):
        git(repo, "config", *setting.split("="))
    assert versions(src) == {"c.py": T + 10, "sub/b.py": T, "é.py": T}


def test_git_is_started_once_for_all_files(repo, put):
    src = put(*(f"{n % 10}/{n}.py" for n in range(1000)))
    commit(repo, T)
    log = repo / "processes"
    wrapper = repo / "my git"
    wrapper.write_text(f'#!/bin/sh\necho >> {shlex.quote(str(log))}\nexec git "$@"\n')
    wrapper.chmod(0o755)
    found = versions(src, git_executable=str(wrapper))
    assert (len(found), set(found.values())) == (1000, {T})
    assert log.read_text() == "\n"


def test_what_git_does_not_know_has_its_mtime(repo, put):
    src = put("known.py", "forgotten.py", "modified.py")
    (repo / ".gitignore").write_text("forgotten.py\nignored.py\n")
    git(repo, "add", "-f", "src")
    commit(repo, T)
    git(repo, "rm", "-q", "--cached", "src/forgotten.py")
    commit(repo, T + 10)
    put("new.py", "ignored.py", **{"modified.py": b"not committed"})
    assert versions(src) == {
        "known.py": T,
        "modified.py": T,
        "forgotten.py": MTIME,
        "new.py": MTIME,
        "ignored.py": MTIME,
    }


def test_file_that_came_back_has_the_time_of_its_return(repo, put):
    src = put("a.py")
    commit(repo, T)
    (src / "a.py").unlink()
    commit(repo, T + 10)
    put("a.py")
    commit(repo, T + 20)
    assert versions(src) == {"a.py": T + 20}


def test_links_have_the_newer_version(repo, put):
    src = put("real.py", "lib1/x.py", "lib2/x.py")
    (src / "link.py").symlink_to("real.py")
    (src / "lib").symlink_to("lib1", target_is_directory=True)
    (repo / "outside.py").write_text("x")
    os.utime(repo / "outside.py", (MTIME, MTIME))
    (src / "out.py").symlink_to("../outside.py")
    commit(repo, T)
    put(**{"real.py": b"changed since"})
    commit(repo, T + 10)
    (src / "lib").unlink()
    (src / "lib").symlink_to("lib2", target_is_directory=True)
    commit(repo, T + 20)
    assert versions(src) == {
        "real.py": T + 10,
        "link.py": T + 10,
        "lib1/x.py": T,
        "lib2/x.py": T,
        "lib/x.py": T + 20,
        "out.py": MTIME,
    }


def test_files_of_a_shallow_clone_have_the_time_of_its_one_commit(repo, put):
    put("a.py", "b.py")
    commit(repo, T)
    put(**{"b.py": b"changed since"})
    commit(repo, T + 10)
    git(repo, "clone", "-q", "--depth", "1", repo.as_uri(), repo / "clone")
    assert versions(repo / "clone/src") == {"a.py": T + 10, "b.py": T + 10}


def test_reused_versions_win_over_commit_times(repo, put):
    src = put("a.py", "b.py")
    commit(repo, T)
    previous = repo / "previous.json"
    OTAManifestBuilder(src).write_manifest(previous)
    put(**{"b.py": b"changed since"})
    commit(repo, T + 10)
    found = versions(src, previous_manifest_path=previous, reuse_unchanged_versions=True)
    assert found == {"a.py": MTIME, "b.py": T + 10}


def test_missing_git_gives_a_warning_and_mtimes(put):
    src = put("a.py")
    with pytest.warns(UserWarning, match=r"mtime: .*no-such-git"):
        assert versions(src, git_executable="no-such-git") == {"a.py": MTIME}


def test_folder_outside_a_repository_gives_a_warning_and_mtimes(put, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    src = put("a.py")
    with pytest.warns(UserWarning, match="mtime: .*not a git repository"):
        assert versions(src) == {"a.py": MTIME}


def test_repository_without_commits_gives_a_warning_and_mtimes(repo, put):
    src = put("a.py")
    with pytest.warns(UserWarning, match="mtime: .*commits"):
        assert versions(src) == {"a.py": MTIME}
