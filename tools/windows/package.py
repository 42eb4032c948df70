#!/usr/bin/env python3
"""Packs keyturn for Windows: one zip with keyturn.exe, the first three steps, an example configuration and the licences of
all that is in the program. The same inputs give the same bytes: entries are sorted, dates and modes fixed."""

import argparse
import pathlib
import re
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = ROOT / "packaging" / "windows"
DATE = (1980, 1, 1, 0, 0, 0)
# Debian's packages whose code is linked in; each has its licence in /usr/share/doc.
LINKED = ("gcc-mingw-w64-base", "libcli11-dev", "libexpected-dev", "libfmt-dev", "libspdlog-dev", "libtomlplusplus-dev",
          "mingw-w64-common", "nlohmann-json3-dev")


def version():
    return re.search(r"project\(keyturn VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


def licenses():
    parts = ["keyturn\n\n" + (ROOT / "LICENSE").read_text(encoding="utf-8")]
    for name in LINKED:
        text = pathlib.Path("/usr/share/doc", name, "copyright").read_text(encoding="utf-8")
        parts.append(f"{'=' * 100}\n{name} of Debian 12\n\n{text}")
    return "\n".join(parts)


def for_windows(text):
    """As Notepad of every Windows reads it."""
    return text.replace("\n", "\r\n").encode("utf-8")


def contents(keyturn):
    readme = (TEXTS / "README.txt").read_text(encoding="utf-8").replace("@VERSION@", version())
    return {"keyturn.exe": keyturn.read_bytes(),
            "README.txt": for_windows(readme),
            "keyturn.toml": for_windows((TEXTS / "keyturn.toml").read_text(encoding="utf-8")),
            "licenses.txt": for_windows(licenses())}


def pack(entries, out):
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, DATE)
            info.create_system = 0  # no Unix rights
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, entries[name], compresslevel=9)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keyturn", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    pack(contents(arguments.keyturn), arguments.out)
    print(f"{arguments.keyturn}: {arguments.keyturn.stat().st_size:,} bytes; {arguments.out}: {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
