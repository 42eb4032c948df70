"""The template's policies: resources named, services that can't be borrowed. That it is what keyturn calls, tests/permissions shows."""

import json
import re

import pytest

from support import ROOT, package

package("yaml")
parliament = package("parliament")

import deployment  # noqa: E402
from resolve import ACCOUNT, REGION, Resolver  # noqa: E402

EVERYTHING = {"CodeBucket": "tools", "CreateKmsKey": "true", "BucketUrl": "s3://backups/sql", "PackageSha256": "c" * 64,
              "WindowsPackageKey": "keyturn.exe", "WindowsPackageSha256": "d" * 64, "NativeRotationDays": 30,
              "SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1", "AlarmEmail": "dba@example.com"}
EXISTING = EVERYTHING | {"CreateKmsKey": "false", "CreateSecrets": "false", "TagKey": "Fleet",
                         "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def policies(**parameters):
    """{logical id: policy document}, worked out."""
    return deployment.template_reader.policies({"Resources": Resolver(deployment.parsed(), **parameters).resources()})


def statements(kind, **parameters):
    for name, document in policies(**parameters).items():
        is_trust = any("Principal" in statement for statement in document["Statement"])
        if is_trust == (kind == "trust"):
            yield from ((name, statement) for statement in document["Statement"])


def allowed(*names, **parameters):
    return {action for name, statement in statements("identity", **parameters) if name in names and statement["Effect"] == "Allow"
            for action in as_list(statement["Action"])}


def test_every_statement_has_its_reason():
    reasons = deployment.template_reader.reasons(deployment.text())
    sids = {statement["Sid"] for parameters in (EVERYTHING, EXISTING)
            for document in policies(**parameters).values() for statement in document["Statement"]}
    # The two that take turns stand under one comment.
    assert sids - set(reasons) == {"SendToInstances"}
    assert all(len(reasons[sid]) > 20 for sid in sids & set(reasons))


def test_hosts_may_read_and_nothing_else():
    assert allowed("HostPolicy", "HostKmsPolicy", "HostPackagePolicy", "HostWindowsPackagePolicy", **EVERYTHING) == {
        "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "kms:Decrypt", "s3:GetObject"}


@pytest.mark.parametrize("parameters", [EVERYTHING, EXISTING], ids=["new", "existing"])
def test_a_star_stands_only_where_iam_knows_no_resource(parameters):
    """By the tables of the service authorization reference that parliament carries."""
    needs_star = {f"{service['prefix']}:{privilege['privilege']}" for service in parliament.iam_definition
                  for privilege in service["privileges"] if not any(kind["resource_type"].strip("*") for kind in privilege["resource_types"])}
    for name, statement in statements("identity", **parameters):
        if "*" in as_list(statement["Resource"]) and statement["Effect"] == "Allow":
            assert set(as_list(statement["Action"])) <= needs_star, (name, statement["Sid"])
            assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": REGION}}
        assert not any("*" in action for action in as_list(statement["Action"])), name


def test_resources_are_of_this_account_and_region():
    for name, statement in statements("identity", **EXISTING):
        for resource in as_list(statement["Resource"]):
            if resource == "*" or resource.startswith(("<", "arn:aws:s3:::tools/")):
                continue
            region = "" if ":iam:" in resource else REGION
            assert re.match(rf"arn:aws:[a-z0-9]+:{region}:{ACCOUNT}:", resource), (name, resource)


def test_secrets_are_named_to_the_last_character():
    """Existing ones by name and exactly the six characters that Secrets Manager adds."""
    for name, statement in statements("identity", **EXISTING):
        for resource in as_list(statement["Resource"]):
            if ":secret:" in resource:
                assert re.search(r":secret:(sqlcredential|bucketurl|sqluser|sqlpass)-\?{6}$", resource), (name, resource)
    for name, statement in statements("identity", **EVERYTHING):
        if any(action.startswith("secretsmanager:") for action in as_list(statement["Action"])):
            assert all(re.fullmatch(r"<\w+SecretResource>", resource) for resource in as_list(statement["Resource"])), name


def test_only_the_key_s_secret_may_be_changed():
    changing = {"PutSecretValue", "UpdateSecretVersionStage", "TagResource", "UntagResource"}
    for _, statement in statements("identity", **EVERYTHING):
        if changing & {action.split(":")[1] for action in as_list(statement["Action"])}:
            assert as_list(statement["Resource"]) == ["<CredentialSecretResource>"]
    (intents,) = [s for _, s in statements("identity", **EVERYTHING) if s["Sid"] == "WriteIntents"]
    prefix = intents["Condition"]["ForAllValues:StringLike"]["aws:TagKeys"].removesuffix("*")
    headers = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "aws").glob("access_key_text.*"))
    assert f'"{prefix}"' in headers, "the prefix of keyturn's own tags"


def test_commands_go_to_the_fleet_alone():
    send = {s["Sid"]: s for _, s in statements("identity", **EVERYTHING) if s["Action"] == "ssm:SendCommand"}
    assert set(send) == {"SendThisDocument", "SendToTheFleet"}
    assert send["SendToTheFleet"]["Condition"] == {"StringEquals": {"ssm:resourceTag/SQL": "2022"}}
    assert send["SendThisDocument"]["Resource"].endswith(":document/keyturn-UpdateCreds")


def test_services_act_for_this_account_alone():
    trusts = {name: document["Statement"] for name, document in policies(**EVERYTHING).items()
              if any("Principal" in statement for statement in document["Statement"])}
    assert set(trusts) == {"SecretsKey", "FunctionsRole", "AutomationRole", "ScheduleRole", "AlarmTopicPolicy"}
    for name, (statement,) in trusts.items():
        if name == "SecretsKey":
            assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
            continue
        keys = {key: value for block in statement["Condition"].values() for key, value in block.items()}
        assert set(statement["Principal"]) == {"Service"}
        assert keys["aws:SourceAccount"] == ACCOUNT, name
        assert re.match(rf"arn:aws:[a-z]+:{REGION}:{ACCOUNT}:", keys["aws:SourceArn"]), name


@pytest.mark.parametrize("parameters", [EVERYTHING, EXISTING], ids=["new", "existing"])
def test_parliament_has_nothing_to_say(parameters):
    for name, document in policies(**parameters).items():
        if any("Principal" in statement for statement in document["Statement"]):
            continue  # it judges policies of identities
        if name == "FunctionsVpcPolicy":
            continue  # it knows neither "*/*" nor lambda:SourceFunctionArn, which Lambda's documentation has here
        text = re.sub(r"<(\w+)SecretResource>", rf"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:\1-AbCdEf", json.dumps(document))
        text = text.replace("<SecretsKey.Arn>", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1")
        text = re.sub(r"<(\w+)Function.Arn>", rf"arn:aws:lambda:{REGION}:{ACCOUNT}:function:\1", text)
        findings = parliament.analyze_policy_string(text).findings
        # SendCommand is asked about the document and about the host; each has a statement of its own, which it can't know.
        unknown = [str(finding) for finding in findings if "ssm:SendCommand" not in str(finding)]
        assert unknown == [], name


def test_parliament_would_find_a_fault():
    wrong = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListAccessKey", "Resource": "*"}]}'
    assert parliament.analyze_policy_string(wrong).findings
