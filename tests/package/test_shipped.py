"""All that is shipped together: checksums, the zips, the list of parts."""

import collections
import hashlib
import json
import subprocess
import zipfile

import pytest

import shipped
from support import package, venv_program


def sbom():
    return json.loads(shipped.one("*.spdx.json").read_text())


def related():
    """{(file name, relation): {names of packages}}"""
    document = sbom()
    names = {part["SPDXID"]: part["name"] for part in document["packages"]}
    found = collections.defaultdict(set)
    for line in document["relationships"]:
        found[names.get(line["spdxElementId"], "document"), line["relationshipType"]].add(names[line["relatedSpdxElement"]])
    return found


def test_the_checksums_are_those_of_all_files():
    folder = shipped.one("SHA256SUMS").parent
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    named = {line.split()[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert named == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}


def test_the_list_of_parts_is_valid_spdx(tmp_path):
    package("spdx_tools")
    validate = [venv_program("pyspdxtools"), "--infile"]
    document = shipped.one("*.spdx.json")
    subprocess.run([*validate, document], check=True)
    broken = tmp_path / "broken.spdx.json"
    broken.write_text(document.read_text().replace("DYNAMIC_LINK", "DYNAMIC_LINX"))
    assert subprocess.run([*validate, broken], check=False, capture_output=True).returncode != 0


def test_the_list_has_what_each_file_is_made_of():
    parts = related()
    deb, for_lambda = shipped.deb().name, shipped.one("*lambda*.zip").name
    files = {path.name for path in shipped.FOLDER.iterdir() if path.suffix in (".deb", ".zip")}
    assert parts["document", "DESCRIBES"] == files
    assert {"libc6", "libcurl4", "libssl3", "libodbc2", "libstdc++6"} <= parts[deb, "DYNAMIC_LINK"]
    assert parts[deb, "DEPENDS_ON"] == {"tdsodbc"}
    assert parts[deb, "STATIC_LINK"] == {"libcli11-dev", "libexpected-dev", "nlohmann-json3-dev"}
    assert {"libc6", "tdsodbc", "ca-certificates", "libgnutls30"} <= parts[for_lambda, "CONTAINS"]
    for name in files:
        digest = hashlib.sha256((shipped.FOLDER / name).read_bytes()).hexdigest()
        entry = next(part for part in sbom()["packages"] if part["name"] == name)
        assert entry["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}]


def test_versions_are_those_of_this_machine():
    part = next(part for part in sbom()["packages"] if part["name"] == "libcurl4")
    here = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", "libcurl4"], check=True, capture_output=True, text=True)
    assert part["versionInfo"] == here.stdout


def test_the_windows_program_and_its_parts():
    found = list(shipped.one("SHA256SUMS").parent.glob("*windows*.zip"))
    if not found:
        pytest.skip("keyturn.exe was not packed")
    with zipfile.ZipFile(found[0]) as archive:
        assert any(name.endswith("keyturn.exe") for name in archive.namelist())
    parts = related()[found[0].name, "STATIC_LINK"]
    assert {"nlohmann-json3-dev", "libfmt-dev", "libspdlog-dev", "libcli11-dev", "libtomlplusplus-dev", "mingw-w64-x86-64-dev"} <= parts
    assert any(name.startswith("gcc-mingw-w64") for name in parts)
