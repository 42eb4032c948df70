"""What `keyturn discover` makes of a Windows host: registries as Setup, clusters, people and accidents leave them, and
services in every state. Wine's registry and service manager are asked as Windows's would be."""

import contextlib
import socket
import time

import pytest

import wine
from sql_host import NETWORK, SQL, SQL_32, TCP, SqlHost


@pytest.fixture(scope="module")
def windows():
    with wine.Prefix() as prefix:
        yield prefix


@pytest.fixture
def host(windows):
    made = SqlHost(windows)
    yield made
    made.reset()


def reason(host, name="MSSQLSERVER"):
    """An instance that is visited, and the sentence on where."""
    instance = host.found()[name]
    assert instance["standing"] == "updatable", instance
    return instance["reason"]


# --- the blog's cases ---


def test_a_default_instance(host):
    host.instance("MSSQLSERVER", "1433")
    (instance,) = host.discover()["instances"]
    assert instance["name"] == "MSSQLSERVER" and instance["standing"] == "updatable"
    assert instance["product_version"] == "16.0.4135.4" and instance["edition"] == "Standard Edition"
    assert instance["reason"] == "It is reached at 127.0.0.1:1433."


def test_a_default_and_two_named_instances_with_fixed_and_dynamic_ports(host):
    host.instance("PAYROLL", "", "50123")
    host.instance("MSSQLSERVER", "14330")
    host.instance("CRM", "1500", number=17)
    found = host.found()
    assert list(found) == ["MSSQLSERVER", "CRM", "PAYROLL"]
    assert [found[name]["reason"] for name in found] == [
        f"It is reached at 127.0.0.1:{port}." for port in (14330, 1500, 50123)]
    assert found["CRM"]["product_version"] == "17.0.4135.4"


@pytest.mark.parametrize("port, dynamic", [("", ""), ("", "0"), ("0", "0"), (" ", " ")])
def test_without_a_port(host, port, dynamic):
    host.instance("MSSQLSERVER", port, dynamic)
    host.instance("PAYROLL", port, dynamic)
    found = host.found()
    assert found["MSSQLSERVER"]["reason"].startswith("It is reached at 127.0.0.1:1433.")
    assert r"lpc:(local)\PAYROLL" in found["PAYROLL"]["reason"]


@contextlib.contextmanager
def listener(address="127.0.0.1"):
    with socket.create_server((address, 0)) as server:
        yield str(server.getsockname()[1])


def test_several_ports(host):
    host.instance("MSSQLSERVER", "1433, 1533")
    assert reason(host) == "It is reached at 127.0.0.1:1433. Of its ports 1433 and 1533 this is the first."
    with listener() as port:
        host.key(SQL + r"\MSSQL16.MSSQLSERVER" + TCP + r"\IPAll", TcpPort="1433," + port)
        assert reason(host) == (f"It is reached at 127.0.0.1:{port}. Of its ports 1433 and {port} this is the first that "
                                "it listens on.")


@pytest.mark.parametrize("name", ["MSSQLSERVER", "PAYROLL"])
def test_the_active_node_of_a_cluster(host, name):
    host.instance(name, "1500", cluster="SQLCLU01", options=["--manual"])
    assert reason(host, name) == "It is reached at SQLCLU01:1500."


@pytest.mark.parametrize("name", ["MSSQLSERVER", "PAYROLL"])
def test_a_passive_node_of_a_cluster(host, name):
    host.instance(name, "1500", cluster="SQLCLU01", service="STOPPED", options=["--manual"])
    host.instance("LOCAL", "1501")
    found = host.found()
    assert found[name]["standing"] == "skipped" and "passive node" in found[name]["reason"]
    assert "SQLCLU01" in found[name]["reason"]
    assert found["LOCAL"]["standing"] == "updatable"


def test_a_cluster_with_ports_of_its_own_address(host):
    key = host.instance("PAYROLL", "1500", cluster="SQLCLU01", options=["--manual"])
    host.key(key + TCP, ListenOnAllIPs=0)
    host.key(key + TCP + r"\IP1", IpAddress="127.0.0.1", Active=1, Enabled=1, TcpPort="1601", TcpDynamicPorts="")
    host.key(key + TCP + r"\IP2", IpAddress="10.20.0.7", Active=1, Enabled=1, TcpPort="1602", TcpDynamicPorts="")
    assert reason(host, "PAYROLL").startswith("It is reached at SQLCLU01:1602.")


def test_a_cluster_whose_port_sql_browser_knows(host):
    host.instance("PAYROLL", "", "0", cluster="SQLCLU01", options=["--manual"])
    assert reason(host, "PAYROLL") == "It is reached at SQLCLU01 (SQL Browser tells the port)."


# --- other layouts ---


def test_single_addresses(host):
    key = host.instance("MSSQLSERVER", "1433")
    host.key(key + TCP, ListenOnAllIPs=0)
    for number, (address, active, enabled) in enumerate(
            [("10.20.0.7", 1, 1), ("10.20.0.8", 0, 1), ("::1", 1, 0), ("127.0.0.1", 1, 0), ("0.0.0.0", 1, 1)], 1):
        host.key(key + TCP + rf"\IP{number}", IpAddress=address, Active=active, Enabled=enabled,
                 TcpPort=str(1600 + number), TcpDynamicPorts="")
    assert reason(host).startswith("It is reached at 10.20.0.7:1601.")
    host.key(key + TCP + r"\IP4", Enabled=1)
    assert reason(host).startswith("It is reached at 127.0.0.1:1604.")


def test_without_tcp(host):
    key = host.instance("PAYROLL", "1500")
    host.key(key + TCP, Enabled=0)
    assert reason(host, "PAYROLL") == r"It is reached at lpc:(local)\PAYROLL. Not over TCP: TCP is disabled."
    host.key(key + NETWORK + r"\Sm", Enabled=0)
    host.key(key + NETWORK + r"\Np", Enabled=1, PipeName=r"\\.\pipe\MSSQL$PAYROLL\sql\query")
    assert r"np:\\.\pipe\MSSQL$PAYROLL\sql\query" in reason(host, "PAYROLL")
    host.key(key + NETWORK + r"\Np", Enabled=0)
    instance = host.found()["PAYROLL"]
    assert instance["standing"] == "unreachable" and "TCP is disabled" in instance["reason"]
    settings = "check_listener = false\n[[host.instance]]\ninstance = 'PAYROLL'\nport = 1500\n"
    assert host.found(settings)["PAYROLL"]["reason"] == "It is reached at 127.0.0.1:1500."


def test_lists_that_disagree(host):
    host.instance("BOTH", "1500")
    host.instance("NAMED", "1501")
    host.instance("KEYED", "1503", listed=False)
    host.instance("OLDKEY", "1504", listed=False, service=None)
    host.instance("LISTED", "1502")
    host.key(SQL, InstalledInstances=["BOTH", "LISTED"])
    del host._keys[SQL + r"\Instance Names\SQL"]["LISTED"]
    assert sorted(host.found()) == ["BOTH", "KEYED", "LISTED", "NAMED"]


def test_what_uninstalled_instances_leave(host):
    host.instance("GONE", "1500", service=None)
    host.key(SQL, InstalledInstances=["GONE", "NEVER"])
    host.instance("MSSQLSERVER", "1433")
    found = host.found()
    assert found["MSSQLSERVER"]["standing"] == "updatable"
    for name in ("GONE", "NEVER"):
        assert found[name]["standing"] == "skipped" and f"no service MSSQL${name}" in found[name]["reason"]


def test_other_services(host):
    host.instance("MSSQLSERVER", "1433")
    host.key(SQL, InstalledInstances=["MSSQLSERVER", "CUBES", "SSRS"])
    host.key(SQL + r"\Instance Names\OLAP", CUBES="MSAS16.CUBES")
    host.key(SQL + r"\Instance Names\RS", SSRS="SSRS")
    host.key(SQL + r"\MSAS16.CUBES\Setup", Version="16.0.1.1")
    host.key(SQL + r"\160\Tools\Setup", Version="16.0.1.1")
    assert list(host.found()) == ["MSSQLSERVER"]


def test_older_and_32_bit_instances_hold_no_key(host):
    host.instance("OLD", "1500", number=15, service="STOPPED")
    host.service("TINY")
    host.key(SQL_32 + r"\Instance Names\SQL", TINY="MSSQL12.TINY", MSSQLSERVER="MSSQL16.MSSQLSERVER")
    host.instance("MSSQLSERVER", "1433")
    found = host.found()
    assert sorted(found) == ["MSSQLSERVER", "OLD", "TINY"]
    assert found["OLD"]["standing"] == "skipped" and "15.0.4135.4" in found["OLD"]["reason"]
    assert found["TINY"]["standing"] == "skipped" and "32-bit" in found["TINY"]["reason"]
    assert found["MSSQLSERVER"]["standing"] == "updatable"


def test_a_damaged_registry_hides_no_intact_instance(host):
    host.instance("MSSQLSERVER", "1433")
    broken = host.instance("BROKEN", "fourteen", "70000")
    host.key(broken + TCP, Enabled="yes", ListenOnAllIPs=b"\x01\x02")
    host.key(broken + r"\Setup", Version=["16", "0"], PatchLevel=16, Edition=b"", SQLCluster="maybe")
    host.service("LOST")
    host.key(SQL + r"\Instance Names\SQL", **{"LOST": 7, "a b": "MSSQL16.X", "": "MSSQL16.Y"})
    host.key(SQL, InstalledInstances="MSSQLSERVER")
    found = host.found()
    assert found["MSSQLSERVER"]["reason"] == "It is reached at 127.0.0.1:1433."
    assert '"fourteen"' in found["BROKEN"]["reason"]
    assert found["LOST"]["standing"] == "unreachable" and "registry does not tell" in found["LOST"]["reason"]
    assert len(found) == 3


def test_ports_of_another_type(host):
    key = host.instance("MSSQLSERVER", "1433")
    host.key(key + TCP + r"\IPAll", TcpPort=1500)
    assert reason(host) == "It is reached at 127.0.0.1:1500."
    host.key(key + TCP + r"\IPAll", TcpPort=["1501", "1502"])
    assert reason(host).startswith("It is reached at 127.0.0.1:1501.")


def test_no_sql_server(host):
    (instance,) = host.discover()["instances"]
    assert instance["standing"] == "skipped" and "No instance" in instance["reason"]


# --- services ---


@pytest.mark.parametrize("state, options, words", [
    ("STOPPED", [], "is stopped."),
    ("STOPPED", ["--disabled"], "is stopped and disabled."),
    ("STOPPED", ["--manual"], "is stopped."),
    ("PAUSED", [], "is paused"),
    ("STOP_PENDING", ["--stop-pending", "6"], "is stopping."),
])
def test_an_instance_that_is_not_running(host, state, options, words):
    host.instance("PAYROLL", "1500", service=state, options=options)
    instance = host.found()["PAYROLL"]
    assert instance["standing"] == "unreachable" and words in instance["reason"]
    assert "since" not in instance
    deadline = time.monotonic() + 20
    while host.state("MSSQL$PAYROLL").startswith("STOP_PENDING") and time.monotonic() < deadline:
        time.sleep(0.2)


def test_one_that_starts_is_waited_for(host):
    host.instance("PAYROLL", "1500", service="START_PENDING", options=["--start-pending", "6"])
    assert host.state("MSSQL$PAYROLL").startswith("START_PENDING")
    assert reason(host, "PAYROLL") == "It is reached at 127.0.0.1:1500."
    assert host.state("MSSQL$PAYROLL").startswith("RUNNING")


def test_but_not_for_ever(host):
    host.instance("PAYROLL", "1500", service="START_PENDING", options=["--start-pending", "8"])
    began = time.monotonic()
    instance = host.found("check_listener = false\nstart_patience = '1s'\n")["PAYROLL"]
    assert time.monotonic() - began < 7
    assert instance["standing"] == "unreachable" and "still starting after 1s" in instance["reason"]
    deadline = time.monotonic() + 30
    while host.state("MSSQL$PAYROLL").startswith("START_PENDING") and time.monotonic() < deadline:
        time.sleep(0.2)


# --- whose a listener is ---


def test_a_listener_that_windows_does_not_tell_of_is_given_no_login(host):
    with listener() as port:
        host.instance("MSSQLSERVER", port)
        instance = host.found("")["MSSQLSERVER"]
    assert instance["standing"] == "unreachable" and "does not tell who listens" in instance["reason"]
    assert "check_listener" in instance["reason"]
    assert "Nobody listens" in host.found("")["MSSQLSERVER"]["reason"]


def test_a_pipe_must_be_the_services_own(host):
    key = host.instance("PAYROLL", "1500", options=["--pipe", r"SQLLocal\PAYROLL"])
    host.key(key + TCP, Enabled=0)
    assert host.found("")["PAYROLL"]["reason"].startswith(r"It listens on lpc:(local)\PAYROLL.")
    thief = host.instance("THIEF", "1501", options=["--pipe", r"SQLLocal\VICTIM"])
    victim = host.instance("VICTIM", "1502")
    for each in (thief, victim):
        host.key(each + TCP, Enabled=0)
    instance = host.found("")["VICTIM"]
    assert instance["standing"] == "unreachable" and "is not that of the service MSSQL$VICTIM" in instance["reason"]
    assert "Nobody serves the pipe" in host.found("")["THIEF"]["reason"]
