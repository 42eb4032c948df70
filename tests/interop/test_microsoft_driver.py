"""keyturn with Microsoft's ODBC Driver 18 in the place of FreeTDS, against the lab's SQL Server."""

import pytest

from cli import program
from interop import microsoft_driver
from interop.driver_cases import DriverCases
from interop.lab import ONE_TARGET, QUIET, Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(config=QUIET + ONE_TARGET, folder=tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture
def keyturn(lab, tmp_path):
    def start(*arguments, environment):
        return program.run(*arguments, env=program.environment(tmp_path, **environment), timeout=90)
    found = microsoft_driver.register(tmp_path, **{microsoft_driver.NAME: microsoft_driver.library()})
    return microsoft_driver.Keyturn(lab, tmp_path, start, found)


class TestOnLinux(DriverCases):
    @pytest.fixture
    def either(self, keyturn):
        """FreeTDS, the other driver here, is that of all other tests."""
        return keyturn

    def test_a_name_that_nobody_has_is_told_as_such(self, keyturn):
        assert "its name can't be resolved" in keyturn.target(host="no-such-host.invalid")["reason"]

    def test_it_takes_no_file_of_cas(self, lab, keyturn):
        refused = keyturn.run("status", more=f'ca_file = "{lab.ready["ca_bundle"]}"')
        assert refused["outcome"] == "bad_usage" and "take no CA file" in str(refused), refused
