"""The Terraform module beside the template: the same inputs, names and policies.

Its variables, conditions, policies and configuration are made from the template (test_template.py holds that they are what would
be written); here its own language's parser reads them, and the names in the rest are held against the template's. No registry of
packages has Terraform and its AWS provider; where a machine has both, they validate the module, make all of it in an emulator,
and what is there is held against what CloudFormation made. Where not, a warning says so.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import warnings

import pytest

from support import keyturn, package

package("yaml")
hcl2 = package("hcl2")
package("boto3")
package("moto")

import clouds  # noqa: E402
import deployment  # noqa: E402
from resolve import Resolver  # noqa: E402

# Where a machine may keep the provider, since none can be fetched: a mirror, as `terraform providers mirror` makes one.
MIRROR = pathlib.Path(os.environ.get("KEYTURN_TF_MIRROR", "/opt/tf-plugins"))
PROVIDER = "registry.terraform.io/hashicorp/aws"
INPUTS = {"CodeBucket": clouds.BUCKET, "BucketUrl": "s3://backups.s3.us-east-1.amazonaws.com/sql", "HostRoles": "sql-hosts",
          "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1", "PackageSha256": "c" * 64, "AlarmEmail": "dba@example.com"}


def unquoted(value):
    return value.strip('"') if isinstance(value, str) else value


def blocks(kind):
    """{name: body} of one kind of block in all files; resources by "type.name"."""
    found = {}
    for path in sorted(deployment.TERRAFORM.glob("*.tf")):
        for block in hcl2.loads(path.read_text(encoding="utf-8")).get(kind, []):
            for label, body in block.items():
                if label.startswith("__"):
                    continue
                if kind == "resource":
                    found |= {f"{unquoted(label)}.{unquoted(name)}": inner for name, inner in body.items()}
                else:
                    found[unquoted(label)] = body
    return found


def module():
    """All of it that is written by hand."""
    made = ("variables.tf", "shared.tf")
    return "".join(path.read_text(encoding="utf-8") for path in sorted(deployment.TERRAFORM.glob("*.tf")) if path.name not in made)


def snake(name):
    return deployment.make.hcl.snake(name)


def test_the_same_inputs():
    parameters, variables = deployment.parsed()["Parameters"], blocks("variable")
    assert set(variables) == {snake(name) for name in parameters}
    for name, parameter in parameters.items():
        variable = variables[snake(name)]
        assert ("default" in variable) == ("Default" in parameter), name
        if "Default" in parameter and parameter["Type"] != "CommaDelimitedList":
            assert str(unquoted(variable["default"])).lower() == str(parameter["Default"]).lower(), name
        checked = {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter) and parameter.get("AllowedValues") != ["true", "false"]
        assert ("validation" in variable) == bool(checked), name


def test_the_same_outputs():
    assert set(blocks("output")) == {snake(name) for name in deployment.parsed()["Outputs"]}


def test_the_same_names():
    members = ("RoleName", "PolicyName", "ManagedPolicyName", "FunctionName", "LogGroupName", "TopicName", "AlarmName", "Name")
    resources = Resolver(deployment.parsed(), Name="NAME", CreateKmsKey="true", NativeRotationDays=30, **INPUTS, SubnetIds="subnet-1",
                         WindowsPackageKey="k.exe", WindowsPackageSha256="d" * 64).resources()
    wanted = {resource["Properties"][member] for resource in resources.values() for member in members
              if isinstance(resource["Properties"].get(member), str) and resource["Type"] != "AWS::SecretsManager::Secret"}
    found = {name.replace("${var.name}", "NAME") for name in re.findall(r'"((?:/aws/lambda/)?\$\{var\.name\}[^"$]*)"', module())}
    found |= {f"/aws/lambda/{name}" for name in found} if '"/aws/lambda/${each.value.name}"' in module() else set()
    found |= {"NAME"} if re.search(r"name += var\.name\n", module()) else set()
    assert {name for name in wanted if name.startswith(("NAME", "/aws/lambda/NAME"))} <= found


def test_every_policy_is_used():
    for name in deployment.template_reader.policies(deployment.parsed()):
        assert re.search(rf"= local\.{snake(name)}\b", module()), name


def test_everything_stands_before_the_way_out():
    """So that nothing is destroyed before the function was asked."""
    resources, values = blocks("resource"), {}
    for path in deployment.TERRAFORM.glob("*.tf"):
        for block in hcl2.loads(path.read_text(encoding="utf-8")).get("locals", []):
            values |= block
    reached, open_ = set(), ["aws_lambda_invocation.way_out"]
    while open_:
        reached.add(what := open_.pop())
        text = json.dumps(resources[what] if what in resources else values[what])
        mentioned = {name for name in re.findall(r"\b(aws_\w+\.\w+)", text) if name in resources}
        mentioned |= {name for name in re.findall(r"\blocal\.(\w+)", text) if name in values}
        open_ += mentioned - reached
    assert set(resources) <= reached


def machine_has_terraform():
    has = shutil.which("terraform") and any(MIRROR.glob(f"{PROVIDER}/*/*/terraform-provider-aws*"))
    if not has:
        warnings.warn(f"terraform and its AWS provider (in {MIRROR}) are not on this machine: the module was parsed, not validated")
    return has


@pytest.fixture(scope="module")
def terraform(tmp_path_factory):
    """run(arguments…) in a copy of the module, or nothing."""
    if not machine_has_terraform():
        return None
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copytree(deployment.TERRAFORM, folder, dirs_exist_ok=True)
    (folder / "terraform.rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"), "CHECKPOINT_DISABLE": "1"}

    def run(*arguments):
        done = subprocess.run([shutil.which("terraform"), *arguments, "-no-color"], cwd=folder, env=env, capture_output=True,
                              text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.folder = folder
    run("init", "-input=false")
    return run


def test_terraform_validates_it(terraform):
    if terraform:
        assert "The configuration is valid." in terraform("validate")
        terraform("fmt", "-check", "-recursive")


# What the module's provider is told in the test.
PROVIDERS = """
provider "aws" {{
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {{
{endpoints}
  }}
}}
"""
SERVICES = ["cloudwatch", "events", "iam", "kms", "lambda", "logs", "scheduler", "secretsmanager", "sns", "ssm", "sts"]


def test_terraform_makes_in_an_emulator_what_cloudformation_makes(terraform):
    if not terraform:
        return
    with clouds.moto() as account:
        endpoints = "\n".join(f'    {service} = "{account.url}"' for service in SERVICES)
        (terraform.folder / "providers.tf").write_text(PROVIDERS.format(endpoints=endpoints))
        apply(terraform, INPUTS)

        found = clouds.inventory(account)
        assert found["functions"] == clouds.FUNCTIONS and found["logs"] == clouds.LOGS and found["roles"] == clouds.ROLES
        assert found["secrets"] == clouds.SECRETS and found["alarms"] == clouds.ALARMS
        assert found["schedules"] == {"keyturn-reconcile"} and found["topics"] == {"keyturn-alarms"}
        assert_documents(account)
        assert_policies(account)
        assert_the_password_is_in_no_file(account, terraform.folder)

        # As the first run leaves it; then Secrets Manager's own rotation, which needs a value.
        secrets = account.client("secretsmanager")
        secrets.put_secret_value(SecretId="sqlcredential", SecretString="AKIA:new")
        apply(terraform, INPUTS | {"NativeRotationDays": 30})
        rotation = secrets.describe_secret(SecretId="sqlcredential")
        assert rotation["RotationEnabled"] and rotation["RotationRules"]["AutomaticallyAfterDays"] == 30
        assert secrets.get_secret_value(SecretId="sqlcredential")["SecretString"] == "AKIA:new"

        terraform("destroy", "-auto-approve", "-input=false", "-refresh=false", "-parallelism=20")
        left = clouds.inventory(account)
        assert left.pop("roles") == {"sql-hosts"}
        assert left == {kind: set() for kind in left} and clouds.documents(account) == {}


def apply(terraform, inputs):
    values = {snake(name): value for name, value in inputs.items()} | {"host_roles": [inputs["HostRoles"]]}
    (terraform.folder / "terraform.tfvars.json").write_text(json.dumps(values))
    terraform("apply", "-auto-approve", "-input=false", "-parallelism=20")


def assert_documents(account):
    found = clouds.documents(account)
    assert found["keyturn-UpdateCreds"] == deployment.make.render(
        keyturn(), "ssm-command", ["--package-url", "s3://tools/keyturn.zip", "--package-sha256", "c" * 64])
    assert found["keyturn-Automation"] == deployment.make.render(
        keyturn(), "ssm-automation", ["--rotate-function", "keyturn-RotateCreds", "--update-function", "keyturn-UpdateCreds",
                                      "--assume-role", "arn:aws:iam::123456789012:role/keyturn-automation"])


def assert_policies(account):
    """What Terraform put there is what CloudFormation would, to the last member."""
    arns = {f"<{name}SecretResource>": account.client("secretsmanager").describe_secret(SecretId=secret)["ARN"] for name, secret in
            {"Credential": "sqlcredential", "BucketUrl": "bucketurl", "SqlUser": "sqluser", "SqlPassword": "sqlpass"}.items()}
    for name in ("Rotate", "Update", "Reconcile"):
        function = "Reconcile" if name == "Reconcile" else f"{name}Creds"
        arns[f"<{name}Function.Arn>"] = f"arn:aws:lambda:us-east-1:123456789012:function:keyturn-{function}"
    wanted = deployment.template_reader.policies({"Resources": Resolver(deployment.parsed(), **INPUTS).resources()})
    text = json.dumps(wanted).replace("eu-central-1", "us-east-1").replace("111122223333", "123456789012")
    for mark, arn in arns.items():
        text = text.replace(mark, arn)
    wanted = json.loads(text)

    iam = account.client("iam")
    for role, ids in {"functions": ["Functions", "FunctionsKms"], "automation": ["Automation"], "schedule": ["Schedule"]}.items():
        trust = iam.get_role(RoleName=f"keyturn-{role}")["Role"]["AssumeRolePolicyDocument"]
        assert trust == wanted[f"{role.title()}Role"]
        names = iam.list_role_policies(RoleName=f"keyturn-{role}")["PolicyNames"]
        assert len(names) == len(ids)
        for name, logical in zip(sorted(names), ids):
            assert iam.get_role_policy(RoleName=f"keyturn-{role}", PolicyName=name)["PolicyDocument"] == wanted[f"{logical}Policy"]
    for name, logical in {"host": "HostPolicy", "host-kms": "HostKmsPolicy", "host-package": "HostPackagePolicy"}.items():
        arn = f"arn:aws:iam::123456789012:policy/keyturn-{name}"
        assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == wanted[logical]


def assert_the_password_is_in_no_file(account, folder):
    password = account.client("secretsmanager").get_secret_value(SecretId="sqlpass")["SecretString"]
    assert re.fullmatch(r"[A-Za-z0-9]{40}", password)
    states = list(folder.glob("terraform.tfstate*"))
    assert states and all(password not in state.read_text(encoding="utf-8") for state in states)
