"""The template's policies are those that `keyturn render policy` prints for the template's own configuration, right by right."""

import json
import subprocess
import sys

import pytest

from support import ROOT, keyturn, package

package("yaml")
sys.path.insert(0, str(ROOT / "tests" / "deploy"))

import deployment  # noqa: E402
from resolve import ACCOUNT, REGION, Resolver  # noqa: E402

KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
EVERYTHING = {"CodeBucket": "tools", "CodeKey": "k.zip", "PackageSha256": "c" * 64, "WindowsPackageKey": "k.exe",
              "WindowsPackageSha256": "d" * 64, "SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1",
              "BucketUrl": "s3://backups/sql", "BackupUserPath": "/sql/"}
NEW = EVERYTHING | {"CreateKmsKey": "true", "RotateLogin": "true"}
EXISTING = EVERYTHING | {"CreateSecrets": "false", "KmsKeyArn": KMS_KEY, "CredentialSecret": "prod/key", "TagValue": "2025"}
POLICIES = {"controller": ["FunctionsPolicy", "FunctionsLoginPolicy", "FunctionsKmsPolicy", "FunctionsVpcPolicy"],
            "host": ["HostPolicy", "HostKmsPolicy", "HostPackagePolicy", "HostWindowsPackagePolicy"]}
SECRETS = {"CredentialSecretResource": "CredentialSecret", "BucketUrlSecretResource": "BucketUrlSecret",
           "SqlUserSecretResource": "SqlUserSecret", "SqlPasswordSecretResource": "SqlPasswordSecret"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def rights(statements):
    """Each right by itself: (effect, action, resource, conditions)."""
    return {(statement["Effect"], action, resource, json.dumps(statement.get("Condition", {}), sort_keys=True))
            for statement in statements for action in as_list(statement["Action"]) for resource in as_list(statement["Resource"])}


def of_template(role, parameters):
    parsed = deployment.parsed()
    resources = Resolver(parsed, **parameters).resources()
    text = json.dumps({name: resources[name]["Properties"]["PolicyDocument"]["Statement"] for name in POLICIES[role] if name in resources})
    for resource, parameter in SECRETS.items():
        name = parameters.get(parameter, parsed["Parameters"][parameter]["Default"])
        text = text.replace(f"<{resource}>", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-??????")
    return rights(statement for statements in json.loads(text.replace("<SecretsKey.Arn>", KMS_KEY)).values() for statement in statements)


def of_program(role, parameters, folder):
    variables = Resolver(deployment.parsed(), **parameters).resources()["ReconcileFunction"]["Properties"]["Environment"]["Variables"]
    config = folder / "keyturn.toml"
    config.write_text(variables["KEYTURN_CONFIG_TEXT"])
    options = {"controller": ["--functions", "keyturn", "--vpc", "--user-path", parameters["BackupUserPath"]],
               "host": ["--package-url", "s3://tools/k.zip", "--windows-package-url", "s3://tools/k.exe"]}[role]
    done = subprocess.run([keyturn(), "render", "policy", role, "--aws-account", ACCOUNT, "--region", REGION, "--kms-key", KMS_KEY,
                           *options, "--config", str(config)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return rights(json.loads(done.stdout)["Statement"])


@pytest.mark.parametrize("role", POLICIES)
@pytest.mark.parametrize("parameters", [NEW, EXISTING], ids=["new", "existing"])
def test_the_same_rights(role, parameters, tmp_path):
    program = of_program(role, parameters, tmp_path)
    assert program and of_template(role, parameters) == program


def test_another_tag_than_the_usual_one_is_not_asked_for(tmp_path):
    """A template can't write a parameter into the name of a condition key; docs/deploy.md says so."""
    other = EXISTING | {"TagKey": "Fleet"}
    template, program = of_template("controller", other), of_program("controller", other, tmp_path)
    wider, narrower = template - program, program - template
    assert {right[1] for right in wider} == {"ssm:SendCommand"}
    assert {right[:3] for right in wider} == {right[:3] for right in narrower}
    assert {right[3] for right in wider} == {"{}"} and all("ssm:resourceTag/Fleet" in right[3] for right in narrower)
