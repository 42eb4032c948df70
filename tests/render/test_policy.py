"""`keyturn render policy`: policies that IAM's own rules and parliament's tables have nothing to say of."""

import json
import re

import pytest
import support
from documents import render, run_render

parliament = support.package("parliament")

PLACE = ("--aws-account", "111122223333", "--region", "eu-central-1", "--config", "/dev/null")
USER = ("--backup-user", "sql-backups-user")
EVERYTHING = {
    "controller": (*PLACE, *USER, "--kms-key", "arn:aws:kms:eu-central-1:111122223333:key/1", "--functions", "keyturn"),
    "host": (*PLACE, "--kms-key", "arn:aws:kms:eu-central-1:111122223333:key/1", "--package-url", "s3://tools/keyturn.zip",
             "--windows-package-url", "s3://tools/keyturn.exe"),
    "backup-user": (*PLACE, "--bucket-url", "s3://backups.s3.eu-central-1.amazonaws.com/sql", "--restore")}


def actions(policy):
    return {action for statement in policy["Statement"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}


@pytest.mark.parametrize("role", EVERYTHING)
def test_parliament_has_nothing_to_say(role):
    policy = render("policy", role, *EVERYTHING[role])
    findings = parliament.analyze_policy_string(json.dumps(policy)).findings
    # SendCommand is asked about the document and about the host; each has a statement of its own, which it can't know.
    assert [str(finding) for finding in findings if "ssm:SendCommand" not in str(finding)] == []
    assert len({statement["Sid"] for statement in policy["Statement"]}) == len(policy["Statement"])


def test_a_star_stands_only_where_iam_knows_no_resource():
    """By the tables of the service authorization reference that parliament carries."""
    needs_star = {f"{service['prefix']}:{privilege['privilege']}" for service in parliament.iam_definition
                  for privilege in service["privileges"] if not any(kind["resource_type"].strip("*") for kind in privilege["resource_types"])}
    starred = {action for role, arguments in EVERYTHING.items() for statement in render("policy", role, *arguments)["Statement"]
               if statement["Resource"] == "*" for action in actions({"Statement": [statement]})}
    assert starred and starred <= needs_star


def test_the_configuration_narrows_it(tmp_path):
    config = tmp_path / "keyturn.toml"
    config.write_text('[aws]\nregion = "cn-north-1"\n[[rotation]]\niam_user = "b"\nbucket_urls = ["s3://xyz.s3.cn-north-1.amazonaws.com.cn/y"]\n'
                      '[[rotation.target]]\nhost = "sql01"\n')
    controller = render("policy", "controller", "--config", config, "--aws-account", "1" * 12)
    assert not any(action.startswith(("ssm:", "ec2:")) for action in actions(controller))
    assert "secret:sqlpass-" in json.dumps(controller) and "bucketurl" not in json.dumps(controller)
    resources = re.findall(r'"(arn:[^"]+)"', json.dumps(controller))
    assert resources and all(arn.startswith("arn:aws-cn:") for arn in resources)
    backups = render("policy", "backup-user", "--config", config)
    assert [statement["Resource"] for statement in backups["Statement"]] == ["arn:aws-cn:s3:::xyz", "arn:aws-cn:s3:::xyz/y/*"]


def test_every_statement_has_its_reason():
    for role, arguments in EVERYTHING.items():
        explained = render("policy", role, *arguments, "--explain")
        assert [each["statement"] for each in explained] == render("policy", role, *arguments)["Statement"]
        assert all(each["role"] == role and len(each["why"]) > 20 and each["need"] for each in explained)


@pytest.mark.parametrize("arguments, says", [
    (["controller"], "--region"),
    (["controller", "--region", "eu-west-1"], "--aws-account"),
    (["host", "--region", "eu-west-1", "--aws-account", "12"], '"12" is no AWS account'),
    (["controller", *PLACE], "--backup-user"),
    (["backup-user", *PLACE], "--bucket-url"),
    (["controller", *PLACE, "--backup-user", "*"], '--backup-user "*"'),
    (["controller", *PLACE, *USER, "--user-path", "backups"], "--user-path"),
    (["controller", *PLACE, *USER, "--functions", "*"], "--functions"),
    (["controller", *PLACE, *USER, "--vpc"], "Give --functions"),
    (["host", *PLACE, "--kms-key", "alias/backups"], "--kms-key"),
    (["host", *PLACE, "--functions", "keyturn"], "--functions is an option of the policy of controller"),
    (["host", *PLACE, "--restore"], "--restore is an option of the policy of backup-user"),
    (["controller", *PLACE, *USER, "--package-url", "s3://tools/keyturn.zip"], "the policy of host"),
    (["nobody"], "nobody"),
    ([], "Whose policy?")])
def test_what_is_missing_is_told(arguments, says):
    done = run_render("policy", *arguments)
    assert done.returncode == 2 and says in done.stderr and done.stdout == ""


def test_options_of_other_documents_are_refused():
    done = run_render("ssm-command", "--kms-key", "x")
    assert done.returncode == 2 and "--kms-key is an option of `keyturn render policy`" in done.stderr
