"""Where the lab's Windows hosts come from: Wine, keyturn.exe and what else the Windows build brings; a skip where one is missing."""

import pathlib
import sys

import pytest

from support import ROOT

sys.path.insert(0, str(ROOT / "tests" / "windows"))
import wine  # noqa: E402

SERVICE = wine.BUILD / "tests" / "windows" / "service" / "stand_in_service.exe"
WINE = pathlib.Path("/usr/lib/wine/wine64")
WINE_FOLDER = ROOT / "build" / "wine"


def microsoft_driver():
    """Microsoft's ODBC driver for Linux, which a Python package of the tests brings along; Wine's ODBC loads it."""
    found = sorted(ROOT.glob(".venv/lib/python3*/site-packages/mssql_python_odbc/libs/linux/debian_ubuntu/x86_64/lib/libmsodbcsql*"))
    return found[0] if found else None


def lab_arguments():
    """Of keyturn-lab, so that its Windows hosts run keyturn.exe."""
    for needed in (WINE, wine.KEYTURN, SERVICE):
        if not needed.exists():
            pytest.skip(f"{needed} is missing: make setup windows", allow_module_level=True)
    driver = microsoft_driver()
    return ["--windows-keyturn", str(wine.KEYTURN), "--windows-service", str(SERVICE), "--wine-folder", str(WINE_FOLDER),
            *(["--windows-odbc-driver", str(driver)] if driver else [])]
