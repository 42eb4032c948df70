"""What this Debian machine knows of its files: which package each is of, and in which version."""

import functools
import pathlib
import subprocess
from typing import NamedTuple


class Package(NamedTuple):
    """An installed Debian package."""

    name: str
    version: str
    architecture: str
    source: str


def output_of(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


@functools.lru_cache(maxsize=None)
def _files():
    """{path: name of the package} of all installed files."""
    owners = {}
    for listing in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
        name = listing.stem.split(":")[0]
        owners.update((path, name) for path in listing.read_text(encoding="utf-8").splitlines())
    return owners


@functools.lru_cache(maxsize=None)
def package_named(name):
    fields = output_of("dpkg-query", "--show", "--showformat", "${Version}\t${Architecture}\t${source:Package}\n", name)
    return Package(name, *fields.splitlines()[0].split("\t"))


def owner_of(path):
    """The Package that a file is of; None where it is of none. dpkg knows files by the names that packages gave them:
    /lib of old is a link to /usr/lib now."""
    for known in (str(path), str(pathlib.Path(path).resolve())):
        for name in (known, known.removeprefix("/usr"), "/usr" + known):
            if name in _files():
                return package_named(_files()[name])
    return None
