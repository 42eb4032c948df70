"""The commands of docs/from-the-blog.md: the shell runs them, the real AWS CLI takes their arguments, and every step names its way back."""

import json
import os
import re
import subprocess
import zipfile

import documents
import pytest
import support

PAGE = (support.ROOT / "docs/from-the-blog.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

# Nobody listens there: a call whose arguments are right ends with "Could not connect", status 255; one with a wrong
# argument never gets so far, and ends with 252.
AWS = """#!/bin/sh
echo "$*" >> "$CALLS"
output=$("$REAL_AWS" --endpoint-url http://127.0.0.1:9 "$@" 2>&1)
status=$?
case $status:$output in
  255:*'Could not connect'* | 1:*'upload failed'*'Could not connect'*) ;;
  *) echo "aws $*: status $status: $output" >> "$WRONG" ;;
esac
echo 1
"""


@pytest.mark.parametrize("block", BLOCKS, ids=[re.sub(r"\W+", "-", block[:40]) for block in BLOCKS])
def test_the_aws_cli_takes_every_command(block, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "aws").write_text(AWS)
    (programs / "aws").chmod(0o755)
    (programs / "keyturn").symlink_to(support.keyturn())
    (tmp_path / "build/lambda").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "build/lambda/keyturn-lambda.zip", "w") as package:
        package.writestr("bootstrap", "x")
    (tmp_path / "build/windows/src/cli").mkdir(parents=True)
    (tmp_path / "build/windows/src/cli/keyturn.exe").write_text("x")
    for name in ("command.json", "automation.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "policy.json").write_text(json.dumps(policy()))
    wrong, calls = tmp_path / "wrong", tmp_path / "calls"
    environment = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")} | {
        "PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path), "REAL_AWS": support.venv_program("aws"),
        "CALLS": str(calls), "WRONG": str(wrong), "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_MAX_ATTEMPTS": "1",
        "AWS_SECRET_ACCESS_KEY": "x" * 40, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    block = block.replace("SHA256", "0123456789abcdef" * 4)  # what is to be replaced
    block = block.replace("--cli-binary-format raw-in-base64-out ", "")  # of the AWS CLI's version 2, the one here is 1
    block = re.sub(r"(--command-id|--automation-execution-id) ID", r"\1 0d6ef3c2-1f1e-4c55-9d4e-5a5f7f6f0f11", block)
    result = subprocess.run(["dash", "-eu", "-c", block], capture_output=True, text=True, timeout=300, check=False,
                            cwd=tmp_path, env=environment)
    assert result.returncode == 0, result.stderr
    assert not wrong.exists(), wrong.read_text()
    assert len(calls.read_text().splitlines()) >= block.count("aws ")


def policy():
    return json.loads(re.search(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1])


def test_the_harness_sees_a_wrong_argument(tmp_path):
    with pytest.raises(AssertionError, match="Unknown options"):
        test_the_aws_cli_takes_every_command("aws ssm send-command --document-name x --instances i-0\n", tmp_path)


def test_the_policy_has_the_actions_of_the_controller_that_keyturn_renders():
    rendered = subprocess.run([support.keyturn(), "render", "policy", "controller", "--region", "us-east-1",
                               "--aws-account", "111122223333", "--backup-user", "sql-backups-user"],
                              capture_output=True, text=True, timeout=60, check=True)
    assert actions_of(policy()) == actions_of(json.loads(rendered.stdout))


def actions_of(document):
    return {action for statement in document["Statement"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}


def test_each_step_names_its_way_back():
    steps = re.split(r"^## \d+\. ", PAGE, flags=re.MULTILINE)[1:]
    assert len(steps) == 9
    for step in steps:
        assert "*Back:*" in step, step.splitlines()[0]


def test_every_figure_has_its_line():
    figures = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert [int(figure) for figure in figures] == list(range(1, 13))


def test_named_tests_are_there():
    tests = (support.ROOT / "tests/process/test_blog_failures.py").read_text()
    for name in re.findall(r"`(test_\w+)`", PAGE):
        assert f"def {name}(" in tests, name


def test_the_plugin_that_is_asked_for_is_the_documents():
    names = {step["name"] for step in documents.render("ssm-command")["mainSteps"]}
    assert set(re.findall(r"--plugin-name (\w+)", PAGE)) <= names
