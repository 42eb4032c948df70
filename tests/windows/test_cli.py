"""The command line of keyturn.exe: what a person or an agent sees of it, and its files on a host."""

import json
import os
import pathlib
import re
import stat
import subprocess

import pytest

import wine

VERSION = re.search(r"project\(keyturn VERSION ([\d.]+)", (wine.ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
SOURCE = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\keyturn"
LOG_SIZE = 1_048_576  # src/cli/host_log.h


@pytest.fixture(scope="module")
def windows():
    with wine.Prefix() as prefix:
        yield prefix


@pytest.fixture
def host(windows):
    """Without anything of keyturn's, as before its first run."""
    folder = windows.drive_c / "ProgramData" / "keyturn"
    subprocess.run(["rm", "-rf", folder], check=True)
    yield windows
    subprocess.run(["rm", "-rf", folder], check=True)


def keyturn(windows, *arguments, **options):
    return windows.run(wine.KEYTURN, *arguments, **options)


def own_folder(windows):
    return windows.drive_c / "ProgramData" / "keyturn"


def log_of(windows):
    return own_folder(windows) / "logs" / "keyturn.log"


def test_version(windows):
    result = keyturn(windows, "--version")
    assert result.returncode == 0 and result.stderr == ""
    assert result.stdout.splitlines()[0] == f"keyturn {VERSION}"
    assert "Windows" in result.stdout
    assert "\r" not in result.stdout


def test_help_is_right_on_windows(windows):
    result = keyturn(windows, "discover", "--help")
    assert result.returncode == 0
    told = " ".join(result.stdout.split())
    assert r"%APPDATA%\keyturn\keyturn.toml" in told and r"%ProgramData%\keyturn\keyturn.toml" in told
    assert "/etc/keyturn" not in told and "\r" not in result.stdout


@pytest.mark.parametrize("shell", ["bash", "powershell"])
def test_completion(windows, shell):
    result = keyturn(windows, "completion", shell)
    assert result.returncode == 0
    assert "rollback" in result.stdout and "--credential-pattern" in result.stdout


def test_bad_usage(windows):
    result = keyturn(windows, "rotat")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Did you mean rotate?" in result.stderr and "\r" not in result.stderr


def test_bad_usage_as_json_is_one_line(windows):
    result = keyturn(windows, "apply", "--output", "json", "--stage", "current")
    assert result.returncode == 2
    assert result.stdout.count("\n") == 1 and result.stdout.endswith("}\n") and "\r" not in result.stdout
    report = json.loads(result.stdout)
    assert (report["outcome"], report["exit_status"], report["command"]) == ("bad_usage", 2, "apply")


def test_arguments_are_what_was_typed(windows, tmp_path):
    """Neither the ANSI code page nor the C library's wildcards get between."""
    (tmp_path / "a.toml").touch()
    for name in ("Zürich-東京-\U0001F511", "*", str(tmp_path / "*.toml"), 'say "hi" \\', ""):
        result = keyturn(windows, "rotate", "--log-level", name or "x y", cwd=tmp_path)
        assert result.returncode == 2
        assert f'"{name or "x y"}" is not known' in result.stderr.replace("\n        ", " ").replace("\n  ", " "), result.stderr


def test_files_have_any_name(windows, tmp_path):
    folder = tmp_path / "Gürkchen 東京"
    folder.mkdir()
    config, log = folder / "härte.toml", folder / "lög.txt"
    config.write_text("[sql]\nlogin_timeout = 'soon'\n")
    result = keyturn(windows, "plan", "--config", wine.windows_path(config), "--log-file", wine.windows_path(log))
    assert result.returncode == 2
    assert "härte.toml:2" in result.stderr
    config.write_text("")
    stub = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    keyturn(windows, "plan", "--config", wine.windows_path(config), "--log-file", wine.windows_path(log), environment=stub)
    assert b"\r" not in log.read_bytes()
    assert "Gürkchen 東京" in log.read_text(encoding="utf-8")


def test_variables_that_would_leak_are_refused(windows):
    result = keyturn(windows, "plan", environment={"TDSDUMP": "dump.txt"})
    assert result.returncode == 2
    assert "TDSDUMP is set" in result.stderr and "Remove-Item Env:TDSDUMP" in " ".join(result.stderr.split())
    assert "unset" not in result.stderr


def test_a_long_output_arrives_whole(windows):
    pieces = [keyturn(windows, "render", "ssm-command").stdout, keyturn(windows, "completion", "zsh").stdout]
    assert json.loads(pieces[0])["schemaVersion"] == "2.2"
    assert all(len(piece) > 4096 for piece in pieces)


@pytest.mark.parametrize("arguments", [["--version"], ["discover", "--output", "json"]])
def test_a_result_that_nobody_can_read_is_a_failure(windows, arguments):
    read_end, write_end = os.pipe()
    os.close(read_end)
    for stdout in (write_end, os.open("/dev/full", os.O_WRONLY)):
        result = subprocess.run(windows.command(wine.KEYTURN, *arguments), env=windows.environment(), stdout=stdout,
                                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
        os.close(stdout)
        assert result.returncode == 1


def test_the_hosts_configuration(host):
    own_folder(host).mkdir()
    config = own_folder(host) / "keyturn.toml"
    config.write_text("[host]\nstart_patience = 'never'\n")
    result = keyturn(host, "discover")
    assert result.returncode == 2
    assert "start_patience" in result.stderr and "keyturn.toml:2" in result.stderr


def test_a_configuration_that_others_may_change_is_refused(host):
    own_folder(host).mkdir()
    config = own_folder(host) / "keyturn.toml"
    config.write_text("")
    config.chmod(0o666)  # as Wine tells it: Everyone may write
    result = keyturn(host, "discover")
    assert result.returncode == 2
    assert "can be changed by S-1-1-0" in " ".join(result.stderr.split()) and "icacls" in result.stderr
    config.chmod(0o644)
    assert keyturn(host, "discover").returncode == 0


def test_a_configuration_with_a_second_name_is_refused(host, tmp_path):
    own_folder(host).mkdir()
    config = own_folder(host) / "keyturn.toml"
    config.write_text("")
    os.link(config, own_folder(host) / "other.toml")
    result = keyturn(host, "discover")
    assert result.returncode == 2 and "second name" in " ".join(result.stderr.split())


def test_each_run_is_in_the_log(host):
    result = keyturn(host, "discover")
    assert result.returncode == 0 and result.stderr == ""
    text = log_of(host).read_bytes()
    assert b"\r" not in text and f"keyturn {VERSION} discover".encode() in text and b"Exit status 0" in text


def test_a_folder_that_stood_open_is_closed(host):
    """Wine adds what the folder above lets others do, which is to read; Windows does not, as the list is protected."""
    log_of(host).parent.mkdir(parents=True)
    log_of(host).parent.chmod(0o777)
    assert keyturn(host, "discover").stderr == ""
    assert stat.S_IMODE(log_of(host).parent.stat().st_mode) & 0o002 == 0
    assert log_of(host).exists()


def test_what_somebody_prepared_is_not_written_to(host):
    """A second name of another file where the log is to be."""
    log_of(host).parent.mkdir(parents=True)
    victim = host.drive_c / "victim.txt"
    victim.write_text("untouched")
    os.link(victim, log_of(host))
    result = keyturn(host, "discover")
    told = " ".join(result.stderr.split())
    assert "has a second name elsewhere" in told and "The work goes on without a log file." in told
    assert result.returncode == 0
    assert victim.read_text() == "untouched"


def test_the_log_is_rotated(host):
    keyturn(host, "discover")
    log = log_of(host)
    for number in range(11):
        log.write_bytes(b"%02d\n" % number + b"x" * LOG_SIZE)
        assert keyturn(host, "discover").returncode == 0
    names = sorted(path.name for path in log.parent.iterdir())
    assert names == ["keyturn.log", *(f"keyturn.log.{number}" for number in range(1, 10)), "keyturn.log.lock"]
    assert log.stat().st_size < 10_000
    assert log.with_name("keyturn.log.1").read_bytes()[:2] == b"10"
    assert log.with_name("keyturn.log.9").read_bytes()[:2] == b"02"


def test_runs_at_once_share_the_log(host):
    keyturn(host, "discover")
    runs = [host.start(wine.KEYTURN, "discover", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL) for _ in range(6)]
    assert [run.wait(timeout=60) for run in runs] == [0] * 6
    # Windows appends as a whole; Wine looks for the end and then writes, so that two lines may fall on each other.
    whole = [line for line in log_of(host).read_text(errors="replace").splitlines()
             if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z \w+ .*Exit status 0", line)]
    assert len(whole) > 2


def apply(host, **environment):
    return keyturn(host, "apply", "--version-id", "11111111-2222-4333-8444-555555555555", "--stage", "current",
                   "--not-after", "2026-01-02T03:04:05Z", "--credential-secret", "sqlcredential",
                   environment={"WINEDEBUG": "-all,trace+eventlog", **environment})


def reported(result):
    """What Wine was given for the event log; it keeps none."""
    return re.findall(r"(trace|warn|err):eventlog:ReportEventW (.*)", result.stderr)


def test_a_run_that_writes_leaves_one_event(host):
    (event,) = reported(apply(host))
    assert event[0] == "trace"
    assert "No instance of SQL Server is installed on this host. Exit status 0" in event[1]
    assert r"keyturn\\logs\\keyturn.log" in event[1]


def test_the_source_of_events_is_registered(host):
    host.run("reg", "delete", SOURCE, "/f")
    apply(host)
    listing = host.run("reg", "query", SOURCE).stdout
    assert re.search(r"TypesSupported\s+REG_DWORD\s+0x7", listing)
    file = re.search(r"EventMessageFile\s+REG_EXPAND_SZ\s+(\S.*\S)", listing)[1]
    assert pathlib.Path(file.removeprefix("Z:").replace("\\", "/")) == wine.KEYTURN


def test_a_look_that_went_well_leaves_none(host):
    result = keyturn(host, "apply", "--check", environment={"WINEDEBUG": "-all,trace+eventlog"})
    assert result.returncode == 0 and reported(result) == []
