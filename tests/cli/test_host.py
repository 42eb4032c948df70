"""keyturn apply and keyturn discover on a simulated host, against the lab's servers and its AWS."""

import os
import signal
import socket
import subprocess
import time

import pytest

import host as hosts


@pytest.fixture
def host(tmp_path):
    with hosts.Lab() as lab:
        yield hosts.Host(lab, tmp_path)


def only(report):
    assert len(report["instances"]) == 1
    return report["instances"][0]


def test_discover_finds_the_instance_without_a_word_to_anybody(host):
    log = "Microsoft SQL Server 2022 (RTM) - 16.0.4085.2 (X64) \n\tDeveloper Edition (64-bit) on Linux\n"
    (host.root / "var/opt/mssql/log/errorlog").write_text(log, encoding="utf-16")
    before = len(host.lab.state()["calls"])
    instance = only(host.report("discover"))
    assert instance["name"] == "MSSQLSERVER" and instance["standing"] == "updatable"
    assert instance["product_version"] == "16.0.4085.2" and instance["edition"] == "Developer Edition (64-bit)"
    assert str(host.lab.target("sqllinux")["port"]) in instance["reason"]
    text = host.run("discover")
    assert text.returncode == 0 and "MSSQLSERVER" in text.stdout
    backups = ("s3", "PutObject")
    assert [c for c in host.lab.state()["calls"][before:] if c["service"] not in backups] == []


def test_a_look_changes_nothing(host):
    before = host.lab.credentials("sqllinux")
    report = host.report("apply", "--check")
    instance = only(report)
    assert report["command"] == "check" and instance["standing"] == "updatable"
    assert [c["name"] for c in instance["credentials"]] == [before[0]["name"]]
    assert "marker" not in instance["credentials"][0]  # set by hand, as the blog does
    assert host.lab.credentials("sqllinux") == before


def test_apply_writes_the_pending_key_once(host):
    version, key = host.lab.make_pending()
    instance = only(host.apply(version))
    assert instance["credentials"][0]["marker"] == key["AccessKeyId"]
    written = host.lab.credentials("sqllinux")
    assert [c["access_key_id"] for c in written if c["name"].startswith("s3://")] == [key["AccessKeyId"]]
    again = only(host.apply(version))
    # Dates are put on AWS's clock, of which a host knows whole seconds.
    for read, before in zip(again.pop("credentials"), instance.pop("credentials"), strict=True):
        assert abs(read.pop("modified") - before.pop("modified")) < 3000
        assert abs(read.pop("marked") - before.pop("marked")) < 3000
        assert read == before
    assert again == instance
    assert host.lab.credentials("sqllinux") == written  # dates and all


def test_apply_needs_no_more_than_to_read_secrets(host):
    version, key = host.lab.make_pending()
    host.lab.post("faults", [{"match": "secretsmanager:DescribeSecret", "kind": "refuse", "count": -1}])
    assert only(host.apply(version))["credentials"][0]["marker"] == key["AccessKeyId"]
    host_calls = {c["operation"] for c in host.lab.state()["calls"] if c["outcome"] == "ok"}
    assert "GetSecretValue" in host_calls


@pytest.mark.parametrize("how, status", [
    ("no such version", 3), ("current, but one is pending", 5), ("pending, but current", 5), ("too late", 3)])
def test_what_is_not_the_order_of_the_hour_changes_nothing(host, how, status):
    current = host.lab.version_at("AWSCURRENT")["version_id"]
    pending, _ = host.lab.make_pending()
    before = host.lab.credentials("sqllinux")
    if how == "no such version":
        report = host.apply("11111111-2222-4333-8444-555555555555", status=status)
    elif how == "current, but one is pending":
        report = host.apply(current, "current", status=status)
    elif how == "pending, but current":
        report = host.apply(current, "pending", status=status)
    else:
        report = host.apply(pending, not_after=hosts.instant(seconds=-1), status=status)
    assert only(report)["error"] and report["reason"]
    assert host.lab.credentials("sqllinux") == before


def test_the_deadline_is_on_awss_clock(host):
    """The host's clock is four minutes slow, and the deadline passed two minutes ago."""
    version, key = host.lab.make_pending()
    before = host.lab.credentials("sqllinux")
    with hosts.ahead_of_us(host.lab.url, minutes=4) as url:
        host.env["AWS_ENDPOINT_URL"] = url
        report = host.apply(version, not_after=hosts.instant(minutes=2), status=3)
        assert "deadline" in only(report)["error"]
        assert host.lab.credentials("sqllinux") == before
        assert "clock is wrong by about 4m" in host.log()
        report = host.apply(version, not_after=hosts.instant(minutes=6))
        assert only(report)["credentials"][0]["marker"] == key["AccessKeyId"]
        assert report["at"] / 1000 - time.time() > 200


def test_a_clock_so_wrong_that_aws_refuses_it_is_put_right(host):
    secrets = {"bucketurl": "sql-backups.s3.us-east-1.amazonaws.com/x", "sqluser": "nobody", "sqlpass": "wrong"}
    with hosts.particular_about_time(secrets, hours=-30) as url:
        host.env["AWS_ENDPOINT_URL"] = url
        report = host.report("apply", "--check")
    assert "nobody" in only(report)["reason"]  # it got as far as to be refused by the server
    assert time.time() - report["at"] / 1000 > 29 * 3600


@pytest.mark.parametrize("fault", [{"match": "secretsmanager:*", "kind": "refuse", "count": -1},
                                   {"match": "secretsmanager:GetSecretValue", "kind": "cut", "count": -1}])
def test_without_its_secrets_nothing_is_done_and_every_instance_is_named(host, fault):
    version, _ = host.lab.make_pending()
    before = host.lab.credentials("sqllinux")
    host.lab.post("faults", [fault])
    report = host.apply(version, status=1)
    assert report["outcome"] == "failed" and "GetSecretValue" in report["reason"]
    assert only(report)["standing"] == "unreachable" and "GetSecretValue" in only(report)["error"]
    assert host.lab.credentials("sqllinux") == before


@pytest.mark.parametrize("arguments", [
    [], ["--version-id", "x"], ["--version-id", "x", "--stage", "previous", "--not-after", "2026-01-02T03:04:05Z"],
    ["--version-id", "x'; DROP", "--stage", "current", "--not-after", "2026-01-02T03:04:05Z"],
    ["--version-id", "x", "--stage", "current", "--not-after", "tomorrow"],
    ["--check", "--bucket-url", "http://somewhere"], ["--check", "--credential-pattern", "*"],
    ["--check", "--sql-user-secret", "a b"], ["--check", "--rotation", "none"], ["--chekc"], ["--config", "/none"],
])
def test_bad_input_is_a_report_too(host, arguments):
    before = host.lab.credentials("sqllinux")
    report = host.report("apply", *arguments, status=2)
    assert report["outcome"] == "bad_usage" and report["reason"]
    assert host.lab.credentials("sqllinux") == before


def test_a_person_is_told_on_stderr(host):
    result = host.run("apply")
    assert result.returncode == 2 and result.stdout == "" and "--check" in result.stderr


def test_a_report_that_cannot_be_written_is_a_failure(host):
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert host.run("discover", "--output", "json", stdout=full).returncode == 1


def test_what_is_empty_counts_as_not_given(host):
    """A command document fills in every option."""
    report = host.report("apply", "--check", "--version-id", "", "--stage", "", "--not-after", "", "--bucket-url", "",
                         "--credential-pattern", "", "--credential-secret", "sqlcredential", "--sql-user-secret",
                         "sqluser", "--sql-password-secret", "sqlpass", "--bucket-url-secret", "bucketurl")
    assert only(report)["standing"] == "updatable"


def test_a_stopped_server_is_unreachable_since_then(host):
    host.service("inactive")
    host.lab.post("targets/sqllinux", {"action": "stop"})
    version, _ = host.lab.make_pending()
    report = host.apply(version, status=3)
    instance = only(report)
    assert instance["standing"] == "unreachable" and "mssql-server is stopped" in instance["error"]
    since = 1767582245000  # 2026-01-05T03:04:05Z
    assert abs(instance["since"] - since) < 5000
    assert only(host.report("apply", "--check"))["standing"] == "unreachable"


def test_a_host_without_sql_server_says_so(host):
    host.service("inactive", load="not-found")
    (host.root / "opt/mssql/bin/sqlservr").unlink()
    (host.root / "var/opt/mssql/mssql.conf").unlink()
    version, _ = host.lab.make_pending()
    instance = only(host.apply(version))
    assert instance["standing"] == "skipped" and "installed" in instance["reason"]


def test_one_instance_that_is_down_never_stops_the_other(host):
    host.config("[sql]\nlogin_timeout = '2s'\n"
                "[[host.instance]]\ninstance = 'mssqlserver'\nname = 'main'\n"
                f"[[host.instance]]\nname = 'late'\nport = {host.lab.target('sqllate')['port']}\n"
                f"[[host.instance]]\nname = 'old'\nport = {host.lab.target('sql19')['port']}\n"
                f"[[host.instance]]\nname = 'more'\nport = {host.lab.target('sql05')['port']}\n")
    version, key = host.lab.make_pending()
    report = host.apply(version, status=3)
    told = {instance["name"]: instance for instance in report["instances"]}
    assert {name: i["standing"] for name, i in told.items()} == {
        "main": "updatable", "late": "unreachable", "old": "skipped", "more": "updatable"}
    assert "late" in report["reason"] and "Nobody listens" in told["late"]["error"]
    for target in ("sqllinux", "sql05"):
        assert key["AccessKeyId"] in [c["access_key_id"] for c in host.lab.credentials(target)]


def test_an_instance_is_left_out_by_the_configuration(host):
    host.config("[[host.instance]]\ninstance = 'MSSQLSERVER'\nleave_out = true\n")
    assert only(host.report("discover"))["standing"] == "skipped"


def test_a_wrong_configuration_is_told_and_nothing_is_done(host):
    host.config("[host]\nservise = 'x'\n[[host.instance]]\nname = 'x'\n")
    reason = host.report("apply", "--check", status=2)["reason"]
    assert 'did you mean "service"?' in reason and "host.instance.port" in reason
    host.config("[[host.instance]]\nname = 'mssqlserver'\nport = 1\n")
    assert "have the name" in host.report("discover", status=2)["reason"]


def test_no_secret_is_shown_anywhere(host):
    version, _ = host.lab.make_pending()
    shown = ""
    for arguments in (["apply", "--check"], ["discover"],
                      ["apply", "--version-id", version, "--stage", "pending", "--not-after", hosts.instant(minutes=5)]):
        for form in ("text", "json"):
            result = host.run(*arguments, "--output", form)
            assert result.returncode == 0
            shown += result.stdout + result.stderr
    shown += host.log() + (host.bin / "systemctl.seen").read_text()
    assert "argv: show" in shown
    for secret in host.lab.secrets():
        assert secret not in shown
    assert os.listdir(host.root / "tmp") == []


def test_no_secret_is_in_the_process_list(host):
    host.lab.post("faults", [{"match": "tds:sqllinux:login", "kind": "delay", "delay_s": 2}])
    version, _ = host.lab.make_pending()
    process = host.start("apply", "--version-id", version, "--stage", "pending", "--not-after",
                         hosts.instant(minutes=5), "--output", "json")
    time.sleep(1.5)
    with open(f"/proc/{process.pid}/cmdline", encoding="utf-8") as file:
        line = file.read()
    output, _ = process.communicate(timeout=60)
    hosts.check(output, 0)
    assert version in line
    for secret in host.lab.secrets():
        assert secret not in line


def test_a_stop_ends_it_with_a_report(host):
    host.config("[sql]\nconcurrency = 1\n"
                f"[[host.instance]]\nname = 'second'\nport = {host.lab.target('sql05')['port']}\n")
    host.lab.post("faults", [{"match": "tds:sqllinux:login", "kind": "delay", "delay_s": 3}])
    process = host.start("apply", "--check", "--output", "json")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    told = {i["name"]: i for i in hosts.check(output, 0)["instances"]}
    assert "turn" in told["second"]["reason"]


def test_the_log_keeps_history(host):
    folder = host.root / "var/log/keyturn"
    host.report("discover")
    assert hosts.mode_of(folder) == 0o700 and hosts.mode_of(folder / "keyturn.log") == 0o600
    first = host.log()
    host.report("discover")
    assert host.log().startswith(first)  # appended
    for number in range(12):
        (folder / "keyturn.log").write_text(f"run {number}\n" + "x" * 1_048_576)
        host.report("discover")
    kept = sorted(path.name for path in folder.glob("keyturn.log.?"))
    assert kept == [f"keyturn.log.{number}" for number in range(1, 10)]
    assert (folder / "keyturn.log.1").read_text().startswith("run 11\n")
    assert (folder / "keyturn.log.9").read_text().startswith("run 3\n")


def test_a_log_that_cannot_be_written_stops_nothing(host):
    (host.root / "var/log").write_text("in the way")
    result = host.run("discover", "--output", "json")
    hosts.check(result.stdout, 0)
    assert "without a log file" in result.stderr


def test_the_journal_hears_of_it(host):
    folder = host.root / "run/systemd/journal"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(folder / "socket"))
        journal.settimeout(10)
        host.report("discover")
        entry = journal.recv(65536).decode()
    assert entry.startswith("MESSAGE=keyturn ") and "\nPRIORITY=6\n" in entry
    assert entry.endswith("SYSLOG_IDENTIFIER=keyturn\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_whoever_took_the_port_of_a_stopped_server_gets_nothing(host):
    squatter = subprocess.Popen(
        ["python3", "-c", "import socket; s = socket.create_server(('127.0.0.1', 0)); s.settimeout(20);"
         "print(s.getsockname()[1], flush=True); print(s.accept()[0].recv(1))"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, user=65534, group=65534)
    try:
        host.mssql_conf(f"[network]\ntcpport = {squatter.stdout.readline()}")
        instance = only(host.report("apply", "--check"))
        assert instance["standing"] == "unreachable" and "not SQL Server's" in instance["reason"]
        assert "not SQL Server's" in only(host.report("discover"))["reason"]
        assert squatter.poll() is None  # still waiting for its first connection
    finally:
        squatter.kill()
        squatter.communicate()


def test_the_servers_own_certificate_is_held_to(host):
    port = host.lab.target("sqllinux")["port"]
    ca = host.lab.ready["ca_bundle"]
    (host.root / "sql.pem").write_text(open(ca, encoding="utf-8").read())
    host.mssql_conf(f"[network]\ntcpport = {port}\ntlscert = /sql.pem\n")
    assert only(host.report("apply", "--check"))["standing"] == "updatable"
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=sql01", "-days", "2",
                    "-keyout", "/dev/null", "-out", str(host.root / "sql.pem")], check=True, capture_output=True)
    assert only(host.report("apply", "--check"))["standing"] == "unreachable"
    (host.root / "sql.pem").unlink()
    assert only(host.report("apply", "--check"))["standing"] == "unreachable"
    host.config(f"[sql]\nca_file = '{ca}'\n")  # goes before it
    assert only(host.report("apply", "--check"))["standing"] == "updatable"
