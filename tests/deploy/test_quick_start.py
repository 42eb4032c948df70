"""The commands that README and docs/deploy.md have people type: AWS has them, and the template what they set."""

import pathlib
import re
import subprocess

import pytest

from support import ROOT, keyturn, package

package("botocore")
package("yaml")

import aws_commands  # noqa: E402
import deployment  # noqa: E402
from resolve import Resolver  # noqa: E402

PAGES = ["README.md", "docs/deploy.md", "docs/operations.md", "docs/lambda.md", "docs/from-the-blog.md"]


def commands(page):
    return list(aws_commands.in_markdown((ROOT / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES)
def test_aws_has_the_commands(page):
    found = commands(page)
    assert found
    assert [problem for words in found for problem in aws_commands.problems(words)] == []


@pytest.mark.parametrize("page", ["README.md", "docs/deploy.md"])
def test_the_template_has_the_parameters(page):
    parameters = deployment.parsed()["Parameters"]
    (deploy,) = [words for words in commands(page) if words[1:3] == ["cloudformation", "deploy"]]
    assert (ROOT / deploy[deploy.index("--template-file") + 1]).is_file()
    given = dict(word.split("=", 1) for word in deploy[deploy.index("--parameter-overrides") + 1:])
    assert set(given) <= set(parameters)
    for name, value in given.items():
        pattern = parameters[name].get("AllowedPattern")
        assert not pattern or value in ("SHA256", "$sha256") or re.fullmatch(pattern, value), (name, value)
    needed = {name for name, parameter in parameters.items() if "Default" not in parameter}
    assert needed <= set(given)


def test_files_that_are_uploaded_are_those_that_make_writes():
    """`make lambda` writes what is copied to the bucket."""
    copied = [words[3] for words in commands("README.md") if words[1:3] == ["s3", "cp"]]
    assert [pathlib.PurePath(each).name for each in copied] == ["keyturn-lambda.zip"]


def test_the_command_line_is_told_what_the_stack_is_called(tmp_path):
    (toml,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    file = tmp_path / "keyturn.toml"
    file.write_text(toml)
    text = subprocess.run([keyturn(), "render", "cleanup", "--config", str(file)], check=True, capture_output=True, text=True,
                          timeout=60).stdout
    stack = Resolver(deployment.parsed(), CodeBucket="tools").resources()["ReconcileFunction"]["Properties"]["Environment"]["Variables"]
    for said, in_the_stack in (("--user-name sql-backups-user", 'iam_user = "sql-backups-user"'),
                               ("Name=tag:SQL,Values=2022", 'ec2_tags = { "SQL" = "2022" }')):
        assert said in text and in_the_stack in stack["KEYTURN_CONFIG_TEXT"]
    assert 'document = "keyturn-UpdateCreds"' in toml and 'document = "keyturn-UpdateCreds"' in stack["KEYTURN_CONFIG_TEXT"]


def test_a_wrong_command_would_be_noticed():
    assert aws_commands.problems(["aws", "iam", "list-keys"]) == ["iam has no list-keys"]
    assert aws_commands.problems(["aws", "iam", "delete-access-key", "--name", "a"]) == [
        "iam delete-access-key has no --name", "iam delete-access-key needs --access-key-id"]
    assert aws_commands.problems(["aws", "cloudformation", "deploy", "--paramter-overrides", "A=b"]) == [
        "cloudformation deploy has no --paramter-overrides"]
