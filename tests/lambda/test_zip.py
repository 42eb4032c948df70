"""The package for AWS Lambda, in a root where there is nothing else: no C library, no shell, no certificates."""

import json
import subprocess
import sys
import zipfile

import pytest

from function import Function
from interop.lab import NO_BACKUPS, Lab, server
from lambda_package import package as zipped
from mailbox_server import mailbox
from process.leaks import forms
from support import ROOT, package

jsonschema = package("jsonschema")

LAB = NO_BACKUPS + server("sql01") + server("sql02", platform="linux")


def configuration(lab):
    """TOML for KEYTURN_CONFIG_TEXT: the lab's servers, reached directly."""
    return f'[sql]\nca_file = "/etc/lab.pem"\n[[rotation]]\n{lab.rotation_targets()}'


def start(lab, root, files=None, **environment):
    with open(lab.ready["ca_bundle"], encoding="ascii") as file:
        lab_ca = file.read()
    keep = {name: value for name, value in lab.env.items() if name != "AWS_CA_BUNDLE"}
    return Function(root, {**keep, "KEYTURN_CONFIG_TEXT": configuration(lab), **environment},
                    {"etc/lab.pem": lab_ca, **{path: lab_ca for path in files or []}})


@pytest.fixture
def lab(tmp_path):
    with Lab(config=LAB, folder=tmp_path) as running:
        yield running


def check(document, kind):
    """A response is a document of the command line, with three members more."""
    own = {name: document.pop(name) for name in ("again", "task", "left_out")}
    schema = json.loads((ROOT / f"docs/schemas/{kind}.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    return own


def test_the_same_program_gives_the_same_bytes(tmp_path):
    program = ROOT / "build/release/src/cli/keyturn"
    made = []
    for name in ("one.zip", "two.zip"):
        subprocess.run([sys.executable, ROOT / "tools/lambda/package.py", "--keyturn", program, "--out", tmp_path / name],
                       check=True, capture_output=True)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert made[0] == zipped().read_bytes()


def test_what_lambda_asks_of_a_package():
    with zipfile.ZipFile(zipped()) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
    assert entries["bootstrap"].external_attr >> 16 & 0o777 == 0o755
    assert all(entry.create_system == 3 for entry in entries.values())
    assert sum(entry.file_size for entry in entries.values()) < 250_000_000  # quota: unzipped, layers included
    assert zipped().stat().st_size < 50_000_000  # quota: zipped, uploaded directly


def test_a_key_is_turned_cold_and_warm(lab, tmp_path):
    with start(lab, tmp_path / "root") as running:
        kind, status = running.invoke({"task": "status"})
        assert kind == "response", status
        assert check(status, "status") == {"again": False, "task": "status", "left_out": []}
        first = status["rotations"][0]["observed"]["keys"][0]["access_key_id"]
        kind, rotated = running.invoke({"task": "rotate"})
        assert kind == "response", rotated
        assert check(rotated, "run")["task"] == "rotate"
        kind, updated = running.invoke({"task": "update"})
        assert kind == "response", updated
        assert updated["outcome"] == "done"
        held = {c["access_key_id"] for target in lab.state()["targets"] for c in target["credentials"] if c["name"].startswith("s3://")}
        assert len(held) == 1 and first not in held
        log = running.end()
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line.get("message") for line in lines].count("Ready.") == 1  # cold once, warm afterwards
    assert sum("_aws" in line for line in lines) == 3
    password = lab.ready["targets"][0]["password"]
    shown = (log + json.dumps([status, rotated, updated])).encode()
    assert not [form for form, needle in forms(password).items() if needle in shown]


def test_an_event_that_means_nothing_is_an_error_and_the_next_goes_well(lab, tmp_path):
    with start(lab, tmp_path / "root") as running:
        kind, error = running.invoke(b'{"tusk": "rotate"}')
        assert kind == "error" and error["errorType"] == "Function.BadEvent" and "tusk" in error["errorMessage"]
        kind, error = running.invoke(b"\xff\xfe not JSON")
        assert kind == "error"
        assert running.invoke({"task": "status", "brief": True})[0] == "response"


def test_certificates_are_checked_by_the_systems_bundle(tmp_path):
    with Lab("--tls", config=LAB, folder=tmp_path) as lab:
        with start(lab, tmp_path / "root", files=["etc/pki/tls/certs/ca-bundle.crt"]) as running:
            kind, status = running.invoke({"task": "status"})
            assert kind == "response", status


def test_certificates_are_checked_by_the_packages_bundle_where_the_system_has_none(tmp_path):
    with Lab("--tls", config=LAB, folder=tmp_path) as lab:
        with start(lab, tmp_path / "root") as running:
            kind, error = running.invoke({"task": "status"})
            assert kind == "error" and "certificate" in error["errorMessage"], error
        bundle = tmp_path / "second/var/task/etc/ca-bundle.crt"
        with start(lab, tmp_path / "second", files=[]) as running:
            with open(lab.ready["ca_bundle"], encoding="ascii") as file, open(bundle, "a", encoding="ascii") as own:
                own.write(file.read())  # read at each connection
            kind, status = running.invoke({"task": "status"})
            assert kind == "response", status


def test_a_wrong_configuration_is_told_to_every_caller(tmp_path):
    """To CloudFormation, too: it would wait for its answer."""
    with mailbox() as (url, came), Function(tmp_path / "root", {"KEYTURN_CONFIG_TEXT": "[aws]\nregoin = 1\n"}) as running:
        kind, error = running.invoke({"task": "status"})
        assert kind == "error" and error["errorType"] == "Runtime.BadConfiguration" and "regoin" in error["errorMessage"]
        kind, _ = running.invoke({"RequestType": "Create", "ResponseURL": url, "StackId": "arn", "RequestId": "1", "LogicalResourceId": "WayOut"})
        assert kind == "response"
        answer = json.loads(came.get(timeout=60)[2])
        assert answer["Status"] == "FAILED" and "regoin" in answer["Reason"] and "retain" not in answer["Reason"]


def test_a_broken_environment_ends_the_runtime(lab, tmp_path):
    with start(lab, tmp_path / "root") as running:
        assert running.invoke({"task": "status"})[0] == "response"
        running.api.break_()
        assert running.process.wait(60) != 0
