"""Makes the Debian package of keyturn: packaging/debian and packaging/systemd around the program, by dpkg-deb.

The same program and SOURCE_DATE_EPOCH give the same bytes.
"""

import functools
import gzip
import hashlib
import os
import pathlib
import re
import subprocess

from debian import output_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
DOC = "usr/share/doc/keyturn"
SCRIPTS = ("postinst", "prerm", "postrm")


def changelog(field):
    """A field of the newest entry of the package's changelog: "Version", "Timestamp"."""
    return output_of("dpkg-parsechangelog", "--file", PACKAGING / "debian/changelog", "--show-field", field).strip()


@functools.lru_cache(maxsize=None)
def source_date_epoch():
    """Seconds: what the environment says, else the date of the changelog's newest entry."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or changelog("Timestamp"))


def architecture():
    return output_of("dpkg", "--print-architecture").strip()


def zipped(path):
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def stripped(program, folder):
    """As Debian's packages are. A section of a loaded segment must stay: without it binutils drops RELRO as well."""
    copy = folder / "stripped"
    subprocess.run(["strip", "--strip-all", "--remove-section=.comment", "--remove-section=.note", "-o", copy, program], check=True)
    return copy


def completion(keyturn, shell):
    return output_of(keyturn, "completion", shell).encode()


def contents(keyturn, program):
    """{path: (bytes, mode)} of what is installed; `program` is keyturn as it is shipped."""
    plain = {
        "lib/systemd/system/keyturn.service": (PACKAGING / "systemd/keyturn.service").read_bytes(),
        "lib/systemd/system/keyturn.timer": (PACKAGING / "systemd/keyturn.timer").read_bytes(),
        "usr/share/lintian/overrides/keyturn": (PACKAGING / "debian/lintian-overrides").read_bytes(),
        "usr/share/man/man1/keyturn.1.gz": zipped(ROOT / "docs/man/keyturn.1"),
        "usr/share/bash-completion/completions/keyturn": completion(keyturn, "bash"),
        "usr/share/zsh/vendor-completions/_keyturn": completion(keyturn, "zsh"),
        "usr/share/fish/vendor_completions.d/keyturn.fish": completion(keyturn, "fish"),
        f"{DOC}/copyright": (PACKAGING / "debian/copyright").read_bytes(),
        f"{DOC}/changelog.gz": zipped(ROOT / "CHANGELOG.md"),
        f"{DOC}/changelog.Debian.gz": zipped(PACKAGING / "debian/changelog"),
        f"{DOC}/examples/keyturn.toml": (PACKAGING / "examples/keyturn.toml").read_bytes(),
        f"{DOC}/examples/keyturn.env": (PACKAGING / "examples/keyturn.env").read_bytes(),
    }
    for name in ("configuration", "host", "install", "operations"):
        plain[f"{DOC}/{name}.md.gz"] = zipped(ROOT / f"docs/{name}.md")
    return {path: (data, 0o644) for path, data in plain.items()} | {"usr/bin/keyturn": (program.read_bytes(), 0o755)}


def dependencies(folder):
    """The packages of the shared libraries, each in the version that the program needs at least."""
    (folder / "debian/control").write_text("Source: keyturn\n\nPackage: keyturn\nArchitecture: any\n", encoding="ascii")
    told = output_of("dpkg-shlibdeps", "-O", "-edebian/keyturn/usr/bin/keyturn", cwd=folder)
    return re.fullmatch(r"shlibs:Depends=(.*)\n", told)[1]


def write(path, data, mode):
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def control(files, scratch):
    """{name: (bytes, mode)} of the control archive."""
    values = {"VERSION": changelog("Version"),
              "ARCHITECTURE": architecture(),
              "INSTALLED_SIZE": str(sum(-(-len(data) // 1024) for data, _ in files.values())),
              "SHLIBS": dependencies(scratch)}
    text = (PACKAGING / "debian/control.in").read_text(encoding="utf-8")
    text = re.sub(r"@(\w+)@", lambda name: values[name[1]], text)
    sums = "".join(f"{hashlib.md5(data).hexdigest()}  {path}\n" for path, (data, _) in sorted(files.items()))
    scripts = {name: ((PACKAGING / "debian" / name).read_bytes(), 0o755) for name in SCRIPTS}
    return {"control": (text.encode(), 0o644), "md5sums": (sums.encode(), 0o644)} | scripts


def build(keyturn, out, scratch):
    """Writes the package into the folder `out`, and answers its path. `scratch` is an empty folder."""
    files = contents(keyturn, stripped(keyturn, scratch))
    tree = scratch / "debian/keyturn"
    for path, (data, mode) in files.items():
        write(tree / path, data, mode)
    (tree / "DEBIAN").mkdir()
    for name, (data, mode) in control(files, scratch).items():
        write(tree / "DEBIAN" / name, data, mode)
    for path in (tree, *tree.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (source_date_epoch(), source_date_epoch()))  # dpkg-deb itself only takes younger ones back to that
    package = out / f"keyturn_{changelog('Version')}_{architecture()}.deb"
    output_of("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, package,
              env={**os.environ, "SOURCE_DATE_EPOCH": str(source_date_epoch())})
    return package
