"""What --version says of the source: by git, by an archive of git's, by neither; and that the file changes only with it."""

import shutil
import subprocess

import pytest

from support import ROOT

BASE = "src/base"
FILES = ("version_text.cmake", "version_text.cc.in", "revision.txt")


@pytest.fixture
def tree(tmp_path):
    source = tmp_path / "source"
    (source / BASE).mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / BASE / name, source / BASE)
    shutil.copy(ROOT / ".gitattributes", source)
    return source


def git(tree, *words):
    return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", tree, *words], check=True,
                          capture_output=True, text=True).stdout.strip()


def committed(tree):
    """The revision that the tree is now."""
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message", "first")
    return git(tree, "log", "-1", "--format=%H of %cs")


def built_from(tree):
    out = tree.parent / "version_text.cc"
    subprocess.run(["cmake", f"-DROOT={tree}", f"-DOUT={out}", "-DKEYTURN_VERSION=1.2.3", "-DKEYTURN_COMPILER=GNU 12",
                    "-P", tree / BASE / "version_text.cmake"], check=True)
    text = out.read_text()
    assert "keyturn 1.2.3\\n" in text and "by GNU 12" in text
    return text.split("built from ")[1].split("\\n")[0]


def test_a_clean_tree_and_a_changed_one(tree):
    revision = committed(tree)
    assert built_from(tree) == f"revision {revision}"
    (tree / "README.md").write_text("no part of the program")
    assert built_from(tree) == f"revision {revision}"
    (tree / "src/new.cc").write_text("a file that git does not know")
    assert built_from(tree) == f"revision {revision}, changed"
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message", "second")
    assert built_from(tree) not in (f"revision {revision}", f"revision {revision}, changed")


def test_an_archive(tree, tmp_path):
    revision = committed(tree)
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    archive = subprocess.run(["git", "-C", tree, "archive", "HEAD"], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", unpacked], input=archive, check=True)
    assert built_from(unpacked) == f"an archive of revision {revision}"


def test_a_copy_within_somebody_elses_repository(tree):
    (tree.parent / "other").write_text("")
    git(tree.parent, "init", "--quiet")
    assert built_from(tree) == "sources without a revision"


def test_the_file_is_left_alone_while_nothing_changes(tree):
    committed(tree)
    built_from(tree)
    before = (tree.parent / "version_text.cc").stat().st_mtime_ns
    built_from(tree)
    assert (tree.parent / "version_text.cc").stat().st_mtime_ns == before
