#!/usr/bin/env python3
"""Packs keyturn for AWS Lambda: one zip with every library that it needs, so that it starts on a bare Amazon Linux 2023.

    bootstrap        what Lambda starts: static, leads to the loader below (bootstrap.cc)
    bin/keyturn      stripped
    lib/             the loader, the C library and all others; the FreeTDS driver; gconv/ for its character sets
    etc/             odbcinst.ini, and a CA bundle for where the system has none

The same inputs give the same bytes: entries are sorted, dates fixed, modes kept.
"""

import argparse
import pathlib
import re
import subprocess
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CA_BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
ODBCINST = "[FreeTDS]\nDriver=libtdsodbc.so\n"
# The C library's converters that FreeTDS and unixODBC need, besides those that are built in.
CONVERTERS = ("UTF-16", "ISO8859-1", "CP1252")
DATE = (1980, 1, 1, 0, 0, 0)


def machine():
    """The multiarch name of this machine: "x86_64-linux-gnu"."""
    return subprocess.run(["gcc", "-print-multiarch"], check=True, capture_output=True, text=True).stdout.strip()


def libraries_of(*programs):
    """{name: path} of the loader and of all shared libraries that the programs need."""
    found = {}
    for program in programs:
        listing = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
        for line in listing.splitlines():
            match = re.match(r"\s*(?:(\S+) => )?(/\S+) \(0x", line)
            if match:
                path = pathlib.Path(match[2])
                found[match[1] or path.name] = path
            elif "not found" in line:
                raise SystemExit(f"package: {program} lacks a library: {line.strip()}")
    return {pathlib.Path(name).name: path for name, path in found.items()}


def gconv_modules(folder):
    """Of the system's table, the lines about our converters and the other names of what they convert."""
    lines = [line.split() for line in (folder / "gconv-modules").read_text(encoding="ascii").splitlines()]
    modules = [words for words in lines if words[:1] == ["module"] and words[3] in CONVERTERS]
    charsets = {name for words in modules for name in words[1:3]}
    aliases = [words for words in lines if words[:1] == ["alias"] and words[2] in charsets]
    return "".join(" ".join(words) + "\n" for words in aliases + modules)


def build_bootstrap(folder):
    """The static launcher; no build id, so that it depends on its source and the compiler alone."""
    program = folder / "bootstrap"
    subprocess.run(["c++", "-std=c++20", "-Os", "-static", "-s", "-Wall", "-Wextra", "-Werror", "-Wl,--build-id=none",
                    "-o", program, HERE / "bootstrap.cc"], check=True)
    return program


def stripped(program, folder):
    copy = folder / program.name
    subprocess.run(["strip", "--strip-all", "-o", copy, program], check=True)
    return copy


def contents(keyturn, folder):
    """{path in the zip: (bytes, mode)}"""
    system = pathlib.Path("/usr/lib") / machine()
    driver = system / "odbc" / "libtdsodbc.so"
    entries = {"bootstrap": (build_bootstrap(folder).read_bytes(), 0o755),
               "bin/keyturn": (stripped(keyturn, folder).read_bytes(), 0o755),
               "etc/odbcinst.ini": (ODBCINST.encode(), 0o644),
               "etc/ca-bundle.crt": (CA_BUNDLE.read_bytes(), 0o644),
               "lib/libtdsodbc.so": (driver.read_bytes(), 0o755),
               "lib/gconv/gconv-modules": (gconv_modules(system / "gconv").encode(), 0o644)}
    for name, path in libraries_of(keyturn, driver).items():
        entries[f"lib/{name}"] = (path.read_bytes(), 0o755)
    for file in CONVERTERS:
        entries[f"lib/gconv/{file}.so"] = ((system / "gconv" / f"{file}.so").read_bytes(), 0o755)
    return entries


def write_zip(entries, out):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (data, mode) in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix: the mode counts
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def main():
    parser = argparse.ArgumentParser(description="Packs keyturn for AWS Lambda.")
    parser.add_argument("--keyturn", type=pathlib.Path, required=True, help="the program, as it was built")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the zip to write")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        entries = contents(options.keyturn, pathlib.Path(folder))
    write_zip(entries, options.out)
    unpacked = sum(len(data) for data, _ in entries.values())
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, {unpacked / 1e6:.1f} MB unpacked, {len(entries)} files")


if __name__ == "__main__":
    main()
