"""Operators of the lab's account: AWS's own clients, functions to upload, and waiting for what happens by itself."""

import io
import json
import pathlib
import subprocess
import sys
import time
import zipfile

from support import package, venv_program

boto3 = package("boto3")
botocore_config = package("botocore.config")
exceptions = package("botocore.exceptions")

ACCOUNT = "111122223333"
BOOTSTRAP = pathlib.Path(__file__).with_name("function_bootstrap.py")


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def client(lab, service, **settings):
    """A boto3 client of the lab's operator, which asks once and waits long."""
    config = botocore_config.Config(retries={"total_max_attempts": 1}, read_timeout=60, proxies={}, **settings)
    return boto3.Session(lab.env["AWS_ACCESS_KEY_ID"], lab.env["AWS_SECRET_ACCESS_KEY"],
                         region_name="us-east-1").client(service, endpoint_url=lab.url, config=config)


def cli(lab, *arguments, timeout=60):
    """What the AWS CLI answers, as JSON; nothing where it answers nothing."""
    done = subprocess.run([venv_program("aws"), *arguments, "--output", "json"], env=lab.client_environment(),
                          capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def code_of(call, **arguments):
    try:
        call(**arguments)
    except exceptions.ClientError as refused:
        return refused.response["Error"]["Code"]
    return "ok"


def wait_for(question, seconds=60):
    """The first answer that is true."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"{question} was never answered with anything true: {answer!r}"
        time.sleep(0.05)


def python_zip():
    """A package whose bootstrap is function_bootstrap.py, as executable as in any package."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, f"#!{sys.executable}\n" + BOOTSTRAP.read_text())
    return data.getvalue()


def make_function(lab, name, **settings):
    """A function that does what its event says; see function_bootstrap.py."""
    made = {"Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role("keyturn-lambda"), "Timeout": 60} | settings
    client(lab, "lambda").create_function(FunctionName=name, Code={"ZipFile": python_zip()}, **made)


def invoke(lab, name, event, **settings):
    """The answer of a function, its error ("" for none), and all of the reply."""
    reply = client(lab, "lambda").invoke(FunctionName=name, Payload=json.dumps(event), **settings)
    return json.loads(reply["Payload"].read() or "null"), reply.get("FunctionError", ""), reply


def execution(lab, execution_id):
    return client(lab, "ssm").get_automation_execution(AutomationExecutionId=execution_id)["AutomationExecution"]


def end_of(lab, execution_id, seconds=60):
    """An automation execution once it has ended."""
    def ended():
        now = execution(lab, execution_id)
        return now if now["AutomationExecutionStatus"] not in ("Pending", "InProgress") else None
    return wait_for(ended, seconds)


def is_gone(process_id):
    """Has the process ended? One that is a zombie has."""
    try:
        return state_of(process_id) == "Z"
    except FileNotFoundError:
        return True


def state_of(process_id):
    """R, S, T …, as /proc tells it."""
    return pathlib.Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
