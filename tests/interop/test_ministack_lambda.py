"""The package for AWS Lambda in ministack, which runs a function's `bootstrap` without a container.

What ministack does otherwise than AWS: each invocation is a cold start, for the process is ended after its answer; and an error
that the runtime posts comes back with FunctionError "Unhandled" and nothing of the header.
"""

import json
import time

import pytest

import emulator
from emulator import Account
from lab import NO_BACKUPS, Lab, server
from lambda_package import package
from support import venv_program

MINISTACK = venv_program("ministack")

LAB = NO_BACKUPS + server("sql01") + server("sql02", platform="linux")


@pytest.fixture
def called(tmp_path):
    """invoke(event) -> (the payload as a value, FunctionError or None)"""
    port = emulator.free_port()
    home = tmp_path / "ministack"
    home.mkdir()
    env = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(home), "HOME": str(home)}
    with Lab(config=LAB, folder=tmp_path) as lab:
        with emulator.serving([MINISTACK], port, "/_ministack/health", env) as url:
            account = Account(url)
            login = lab.ready["targets"][0]
            account.fill(login["login"], login["password"])
            config = f'[sql]\nca_file = "{lab.ready["ca_bundle"]}"\n[[rotation]]\n{lab.rotation_targets()}'
            client = account.client("lambda")
            client.create_function(FunctionName="keyturn", Runtime="provided.al2023", Handler="bootstrap", Timeout=60,
                                   Role="arn:aws:iam::000000000000:role/keyturn", Code={"ZipFile": package().read_bytes()},
                                   Environment={"Variables": {**account.environment, "KEYTURN_CONFIG_TEXT": config}})

            def invoke(event):
                for _ in range(100):  # until the function is active
                    if client.get_function(FunctionName="keyturn")["Configuration"].get("State", "Active") == "Active":
                        break
                    time.sleep(0.1)
                answer = client.invoke(FunctionName="keyturn", Payload=json.dumps(event).encode())
                return json.loads(answer["Payload"].read()), answer.get("FunctionError")

            yield invoke


def test_a_state_is_told(called):
    status, error = called({"task": "status"})
    assert error is None, status
    assert status["kind"] == "status" and status["again"] is False
    assert {target["name"] for target in status["rotations"][0]["observed"]["targets"]} == {"sql01", "sql02"}


def test_an_event_that_means_nothing_is_an_error(called):
    error, kind = called({"tusk": 1})
    assert kind is not None and error["errorType"] == "Function.BadEvent", (kind, error)
