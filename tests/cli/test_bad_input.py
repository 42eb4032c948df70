"""What is wrong before anything runs: a sentence on stderr that says what and what next, the exit status, no change."""

import json
import os
import pathlib
import socket
import subprocess

import pytest

import program
import stub_aws

KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-secret", "AWS_REGION": "eu-central-1"}
COMMANDS = ["rotate", "reconcile", "plan", "status", "rollback"]


@pytest.fixture
def aws():
    with stub_aws.serving() as stub:
        yield stub


@pytest.fixture
def env(tmp_path, aws):
    return program.environment(tmp_path, AWS_ENDPOINT_URL=aws.url, **KEYS)


@pytest.mark.parametrize("arguments, said", [
    (["rotat"], ['"rotat" is not a command', "Did you mean rotate?"]),
    (["rotate", "--outputt", "json"], ['"--outputt" is not', "Did you mean --output?"]),
    (["rotate", "--output", "xml"], ['"xml" is not known', "allowed: text, json"]),
    (["rotate", "--color", "alway"], ['did you mean "always"?', "allowed: auto, always, never"]),
    (["rotate", "--log-level", "loud"], ["allowed: trace, debug, info, warning, error, off"]),
    (["rotate", "--wait", "5"], ['"5" is not a duration', "90s, 15m, 36h or 14d"]),
    (["plan", "status"], ['"status" can\'t be planned', "rotate, reconcile, rollback"]),
    (["completion", "tcsh"], ["allowed: bash, zsh, fish"]),
    (["status", "--config"], ["--config"]),
    (["status", "--config", "/no/such.toml"], ["/no/such.toml can't be read", "no such file"]),
    (["status", "--config", "/"], ["is a folder"]),
    (["status", "--rotation", "prod"], ['has no rotation "prod"', "It has: default"]),
    (["status", "--log-file", "/no/such/folder/log"], ["/no/such/folder/log can't be opened", "No such file"]),
    ([], ["Usage: keyturn"]),
])
def test_wrong_command_lines(env, aws, arguments, said):
    result = program.run(*arguments, env=env)
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    for part in said:
        assert part in result.stderr
    assert aws.calls == []


def test_wrong_settings_are_named_with_line_and_column(env, aws, tmp_path):
    config = tmp_path / "prod.toml"
    config.write_text('[sql]\nlogin_timeout = 10\n[[rotation]]\nbucket_ulrs = ["s3://x"]\n')
    result = program.run("rotate", "--config", str(config), env=env)
    assert result.returncode == 2
    assert f'{config}:2:17: setting "sql.login_timeout": a whole number can\'t stand here; allowed: a duration' in result.stderr
    assert f'{config}:4:1: setting "rotation.bucket_ulrs"' in result.stderr
    assert 'did you mean "bucket_urls"?' in result.stderr
    assert aws.calls == []


@pytest.mark.parametrize("variable", ["TDSDUMP", "TDSDUMPCONFIG", "SSLKEYLOGFILE"])
@pytest.mark.parametrize("value", ["", "/tmp/dump"])
def test_variables_that_leak_secrets_are_refused(env, aws, variable, value):
    result = program.run("rotate", env=env | {variable: value})
    assert result.returncode == 2
    assert f"{variable} is set" in result.stderr and f"unset {variable}" in result.stderr
    assert aws.calls == []


@pytest.mark.parametrize("change, status, said", [
    ({"AWS_REGION": ""}, 2, ["No AWS region is known", "Set AWS_REGION"]),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 2, ["No AWS credentials were found", "AWS_PROFILE"]),
    ({"AWS_SECRET_ACCESS_KEY": ""}, 2, ["half a pair", "secret access key is missing"]),
    ({"AWS_PROFILE": "nobody"}, 2, ["nobody"]),
    ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, 1, ["127.0.0.1:1", "Check the network"]),
])
def test_aws_that_can_not_be_used(env, change, status, said):
    result = program.run("status", env=env | change, timeout=120)
    assert result.returncode == status, result.stderr
    for part in said:
        assert part in result.stderr


@pytest.mark.parametrize("refusal, said", [
    ((400, "ExpiredTokenException", "The security token included in the request is expired"), ["expired"]),
    ((400, "UnrecognizedClientException", "The security token included in the request is invalid."), ["invalid"]),
    ((400, "AccessDeniedException", "User: x is not authorized to perform: secretsmanager:GetSecretValue"),
     ["secretsmanager:GetSecretValue"]),
])
def test_aws_that_refuses(env, aws, refusal, said):
    aws.refusal = refusal
    result = program.run("rotate", env=env)
    assert result.returncode == 1, result.stderr
    for part in said:
        assert part in result.stderr


@pytest.mark.parametrize("name, value, said", [
    ("iamuser", None, ['no secret "iamuser" in eu-central-1',
                       "aws secretsmanager create-secret --region eu-central-1 --name iamuser --secret-string"]),
    ("bucketurl", None, ['no secret "bucketurl"', "--name bucketurl --secret-string s3://BUCKET"]),
    ("sqlcredential", None, ['no secret "sqlcredential"', "--name sqlcredential", "keyturn rotate"]),
    ("iamuser", " \n", ["secret iamuser is empty", "aws secretsmanager put-secret-value --region eu-central-1"]),
    ("bucketurl", "s3://backups.s3.eu-central-1.amazonaws.com/a]b", ["bucketurl", "]"]),
    ("bucketurl", "s3://backups.s3.eu-central-1.amazonaws.com/a'b", ["bucketurl", "'"]),
    ("bucketurl", "s3://backups.s3.eu-central-1.amazonaws.com/" + "x" * 160, ["bucketurl", "128"]),
    ("bucketurl", "https://backups.s3.eu-central-1.amazonaws.com/x", ["bucketurl", "s3://"]),
])
def test_secrets_that_are_missing_or_wrong(env, aws, name, value, said):
    if value is None:
        del aws.secrets[name]
    else:
        aws.secrets[name] = value
    result = program.run("rotate", env=env)
    assert result.returncode == 2, result.stderr
    for part in said:
        assert part in result.stderr
    assert set(aws.calls) <= {"GetSecretValue", "DescribeSecret"}


@pytest.mark.parametrize("name, said", [
    ("sqluser", "--name sqluser"),
    ("sqlpass", "--name sqlpass --secret-string file://"),
])
def test_the_logins_secrets_count_for_direct_connections_alone(env, aws, tmp_path, name, said):
    del aws.secrets[name]
    assert "no EC2 instance" in program.run("rotate", env=env).stderr
    config = tmp_path / "keyturn.toml"
    config.write_text('[[rotation]]\n[rotation.fleet]\nvia = "direct"\n')
    result = program.run("rotate", "--config", str(config), env=env)
    assert result.returncode == 2, result.stderr
    assert f'no secret "{name}"' in result.stderr and said in result.stderr


def test_no_target_found(env):
    result = program.run("rotate", env=env)
    assert result.returncode == 2
    assert "no EC2 instance in eu-central-1 has the tag SQL=2022" in result.stderr
    assert "--region" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_errors_are_documents_too(env, aws, command):
    del aws.secrets["iamuser"]
    result = program.run(command, "--output", "json", env=env)
    document = program.document(result)
    assert (result.returncode, document["exit_status"], document["kind"]) == (2, 2, "error")
    assert document["command"] == command
    assert 'no secret "iamuser"' in document["errors"][0]["message"]
    assert 'no secret "iamuser"' in result.stderr


def test_a_wrong_command_line_is_a_document_too(env):
    result = program.run("rotat", "--output", "json", env=env)
    assert program.document(result)["errors"][0]["kind"] == "usage"


def test_one_rotation_that_fails_stands_beside_the_others(env, aws, tmp_path):
    config = tmp_path / "two.toml"
    config.write_text('[[rotation]]\nname = "a"\n[[rotation]]\nname = "b"\niam_user = "x"\ncredential_secret = "none"\n')
    result = program.run("rotate", "--config", str(config), "--output", "json", env=env)
    errors = program.document(result)["errors"]
    assert [error["rotation"] for error in errors] == ["a", "b"]
    assert "no EC2 instance" in errors[0]["message"] and '"none"' in errors[1]["message"]


def test_a_closed_stdout_is_told(env):
    read_end, write_end = os.pipe()
    os.close(read_end)
    result = program.run("completion", "bash", env=env, stdout=write_end)
    os.close(write_end)
    assert result.returncode == 1


def test_a_full_disk_for_the_log_is_told_and_no_obstacle(env):
    result = program.run("rotate", "--log-file", "/dev/full", "--log-level", "trace", env=env)
    assert result.returncode == 2
    assert result.stderr.count("the log file /dev/full can't be written (No space left on device)") == 1
    assert "no EC2 instance" in result.stderr


def test_the_log_has_the_error_too(env, tmp_path):
    log = tmp_path / "log"
    program.run("rotate", "--log-file", str(log), "--log-format", "json", env=env)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["level"] for line in lines] == ["info", "error"]
    assert "no EC2 instance" in lines[1]["message"]
    assert log.stat().st_mode & 0o777 == 0o600


def test_no_secret_in_what_is_said(env, aws, tmp_path):
    log = tmp_path / "log"
    result = program.run("rotate", "--log-level", "trace", "--log-file", str(log), "--output", "json", env=env)
    everything = result.stdout + result.stderr + (log.read_text() if log.exists() else "")
    for secret in (aws.secrets["sqlpass"], KEYS["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in everything


def test_no_core_dump_can_be_written(env):
    # The limits of a process that is over can't be read: hold it at a server that says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held = env | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        process = subprocess.Popen([program.keyturn(), "status"], env=held, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            silent.settimeout(30)
            connection, _ = silent.accept()
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
            arguments = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
            connection.close()
        finally:
            process.kill()
            process.wait()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    assert "secret" not in arguments
