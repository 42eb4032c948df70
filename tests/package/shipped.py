"""What `make package` has made."""

import pytest

from support import ROOT

FOLDER = ROOT / "build/package"


def one(pattern):
    """The one file of that name, or a skip where nothing was made."""
    if not (FOLDER / "SHA256SUMS").exists():
        pytest.skip(f"{FOLDER} is not there; run make package")
    found = list(FOLDER.glob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def deb():
    return one("*.deb")
