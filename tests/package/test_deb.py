"""The Debian package itself: contents, rights, lintian's verdict, the units, the examples, the same bytes twice."""

import os
import re
import subprocess

import pytest

import shipped
from support import ROOT, keyturn

EXAMPLES = ROOT / "packaging/examples"
# What systemd-analyze may find open at most, in tenths: network and name service, which it needs.
EXPOSURE_TENTHS = 15


def told_by(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def listing():
    """{path: (mode, owner)} of the package."""
    lines = [line.split(None, 5) for line in told_by("dpkg-deb", "--contents", shipped.deb()).splitlines()]
    return {words[5].removeprefix("."): (words[0], words[1]) for words in lines}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    told_by("dpkg-deb", "--extract", shipped.deb(), folder)
    return folder


def test_contents_and_rights():
    files = {path: rights for path, rights in listing().items() if not path.endswith("/")}
    doc = "/usr/share/doc/keyturn"
    assert set(files) == {
        "/usr/bin/keyturn", "/lib/systemd/system/keyturn.service", "/lib/systemd/system/keyturn.timer",
        "/usr/share/man/man1/keyturn.1.gz", "/usr/share/bash-completion/completions/keyturn",
        "/usr/share/zsh/vendor-completions/_keyturn", "/usr/share/fish/vendor_completions.d/keyturn.fish",
        "/usr/share/lintian/overrides/keyturn", f"{doc}/copyright", f"{doc}/changelog.gz", f"{doc}/changelog.Debian.gz",
        f"{doc}/examples/keyturn.toml", f"{doc}/examples/keyturn.env", f"{doc}/configuration.md.gz", f"{doc}/host.md.gz",
        f"{doc}/install.md.gz", f"{doc}/operations.md.gz"}
    assert {rights for path, rights in files.items() if path != "/usr/bin/keyturn"} == {("-rw-r--r--", "root/root")}
    assert files["/usr/bin/keyturn"] == ("-rwxr-xr-x", "root/root")
    assert {rights for path, rights in listing().items() if path.endswith("/")} == {("drwxr-xr-x", "root/root")}


def test_what_it_depends_on():
    depends = told_by("dpkg-deb", "--field", shipped.deb(), "Depends")
    for name in ("libc6", "libcurl4", "libodbc2", "libssl3", "tdsodbc", "ca-certificates"):
        assert re.search(rf"(^|, ){name}\b", depends), depends
    assert told_by("dpkg-deb", "--field", shipped.deb(), "Recommends").strip() == ""


def test_lintian_finds_nothing():
    result = subprocess.run(["lintian", "--allow-root", "--pedantic", "--display-info", "--fail-on",
                             "error,warning,info,pedantic", shipped.deb()], capture_output=True, text=True, check=False)
    assert result.returncode == 0 and not re.search("^[EWIP]: ", result.stdout, re.MULTILINE), result.stdout + result.stderr


def test_lintian_would_find_a_fault(unpacked, tmp_path):
    tree = tmp_path / "tree"
    told_by("cp", "--archive", unpacked, tree)
    told_by("dpkg-deb", "--control", shipped.deb(), tree / "DEBIAN")
    (tree / "usr/share/man/man1/keyturn.1.gz").unlink()
    told_by("dpkg-deb", "--root-owner-group", "--build", tree, tmp_path / "keyturn.deb")
    result = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", tmp_path / "keyturn.deb"],
                            capture_output=True, text=True, check=False)
    assert result.returncode != 0 and "no-manual-page" in result.stdout


def test_shellcheck_finds_nothing():
    told_by("shellcheck", *(ROOT / "packaging/debian" / name for name in ("postinst", "prerm", "postrm")))


def security_of(unit):
    return subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE_TENTHS}", unit],
                          capture_output=True, text=True, check=False)


def test_the_service_is_closed_to_all_that_it_does_not_need(unpacked, tmp_path):
    unit = unpacked / "lib/systemd/system/keyturn.service"
    result = security_of(unit)
    assert result.returncode == 0, result.stdout
    opened = tmp_path / "keyturn.service"
    opened.write_text(unit.read_text().replace("DynamicUser=yes", "").replace("CapabilityBoundingSet=", ""))
    assert security_of(opened).returncode != 0


def test_the_same_program_gives_the_same_bytes(tmp_path):
    name = shipped.deb().name
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1800000000"}
    for folder in ("one", "two"):
        subprocess.run([ROOT / "tools/package/package.py", "--out", tmp_path / folder], env=environment, check=True, capture_output=True)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    dates = {line.split()[3] for line in told_by("dpkg-deb", "--contents", tmp_path / "one" / name).splitlines()}
    assert dates == {"2027-01-15"}


def loads(folder, text):
    """Whether the program takes a configuration. What it refuses it names with its line; then it misses AWS's credentials."""
    path = folder / "keyturn.toml"
    path.write_text(text)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}
    result = subprocess.run([keyturn(), "status", "--config", path], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2, result.stderr
    return re.search(r"keyturn\.toml:\d+:", result.stderr) is None


def test_the_example_changes_nothing_and_every_line_of_it_is_understood(tmp_path):
    text = (EXAMPLES / "keyturn.toml").read_text()
    assert not [line for line in text.splitlines() if line and not line.startswith("#")]
    settings = re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)
    assert loads(tmp_path, text) and loads(tmp_path, settings)
    assert not loads(tmp_path, settings.replace("grace =", "grease ="))


def test_the_example_of_the_environment_sets_nothing():
    lines = (EXAMPLES / "keyturn.env").read_text().splitlines()
    assert all(line.startswith("#") or not line for line in lines)
    assert [line for line in lines if re.fullmatch(r"#[A-Z_]+=\S+", line)]
