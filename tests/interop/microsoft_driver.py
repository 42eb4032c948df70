"""Microsoft's ODBC Driver 18 for Linux, out of the wheel of mssql-python, and keyturn with a driver in the place of FreeTDS:
on Linux, and on Windows, since Wine's odbc32 loads unixODBC and its drivers."""

import json
import pathlib
import platform

import pytest
from support import package

NAME = "ODBC Driver 18 for SQL Server"
URL = "s3://sql-backups-2022.s3.us-east-1.amazonaws.com/backups"
LOGIN_TIMEOUT = 2


def library():
    """The driver's library for Debian; skips where the wheel has none for this machine."""
    (wheel,) = package("mssql_python_odbc").__path__
    found = sorted(pathlib.Path(wheel).glob(f"libs/linux/debian_ubuntu/{platform.machine()}/lib/libmsodbcsql-*"))
    if not found:
        pytest.skip("the wheel of mssql-python has no driver for this machine")
    return found[-1]


def register(folder, **drivers):
    """Writes odbcinst.ini with the libraries under their names; the variable that makes unixODBC read it."""
    folder.joinpath("odbcinst.ini").write_text("".join(f"[{name}]\nDriver = {path}\n" for name, path in drivers.items()))
    return {"ODBCSYSINI": str(folder)}


class Keyturn:
    """keyturn over a direct connection to the lab's SQL Server; `start` is given its arguments and environment."""

    def __init__(self, lab, folder, start, environment, driver=NAME, name_of=str):
        self.lab, self.folder, self.start, self.driver, self.name_of = lab, folder, start, driver, name_of
        self.env = {**lab.env, **environment, "AWS_EC2_METADATA_DISABLED": "true", "SSL_CERT_FILE": lab.ready["ca_bundle"]}

    def run(self, *arguments, host="localhost", port=None, more=""):
        """Of the lab's server, or of another one; the document that keyturn prints."""
        config = self.folder / "keyturn.toml"
        driver = f'driver = "{self.driver}"\n' if self.driver else ""
        config.write_text(f'[sql]\n{driver}login_timeout = "{LOGIN_TIMEOUT}s"\nquery_timeout = "2s"\n{more}\n'
                          f'[[rotation]]\nname = "only"\nbucket_urls = ["{URL}"]\n[rotation.policy]\npropagation = "1s"\n'
                          f'[[rotation.target]]\nname = "only"\nhost = "{host}"\nport = {port or self.lab.ready["targets"][0]["port"]}\n')
        result = self.start(*arguments, "--config", self.name_of(config), "--output", "json", environment=self.env)
        assert result.stdout, result.stderr
        return json.loads(result.stdout)

    def target(self, **settings):
        """How `keyturn status` sees the server."""
        (target,) = self.run("status", **settings)["rotations"][0]["observed"]["targets"]
        return target
