"""Microsoft's ODBC Driver 18 for Linux, out of the wheel of mssql-python, as unixODBC finds it: ODBCSYSINI names a folder."""

import pathlib
import platform

import pytest
from support import package

NAME = "ODBC Driver 18 for SQL Server"


def library():
    """The driver's library for Debian; skips where the wheel has none for this machine."""
    wheel = package("mssql_python_odbc")
    folder = next(iter(wheel.__path__))
    found = sorted(pathlib.Path(folder).glob(f"libs/linux/debian_ubuntu/{platform.machine()}/lib/libmsodbcsql-*"))
    if not found:
        pytest.skip("the wheel of mssql-python has no driver for this machine")
    return found[-1]


def register(folder, *names, driver=None):
    """Writes odbcinst.ini with the driver under these names; the environment variable that makes it found."""
    library_path = driver or library()
    text = "".join(f"[{name}]\nDriver = {library_path}\n" for name in names or (NAME,))
    (folder / "odbcinst.ini").write_text(text)
    return {"ODBCSYSINI": str(folder)}
