"""The CloudFormation template by itself: its form, its documents, what its alarms look at."""

import json
import re
import subprocess

import pytest

from support import ROOT, keyturn, package, venv_program

package("yaml")

import deployment  # noqa: E402
from resolve import Resolver  # noqa: E402

PARAMETERS = {"CodeBucket": "tools", "CodeKey": "keyturn-1.zip", "BucketUrl": "s3://backups.s3.eu-central-1.amazonaws.com/sql",
              "PackageSha256": "c" * 64, "WindowsPackageKey": "keyturn-1.exe", "WindowsPackageSha256": "d" * 64}


@pytest.fixture(scope="module")
def template():
    return deployment.parsed()


@pytest.fixture(scope="module")
def resources(template):
    return Resolver(template, **PARAMETERS).resources()


def rendered(document, *arguments):
    return deployment.make.render(keyturn(), document, arguments)


def test_cfn_lint_has_nothing_to_say():
    done = subprocess.run([venv_program("cfn-lint"), str(deployment.TEMPLATE)], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_would_find_a_fault(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(deployment.text().replace("Handler: reconcile", "Handle: reconcile"))
    done = subprocess.run([venv_program("cfn-lint"), str(broken)], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and "Handle" in done.stdout


def test_no_yaml_that_cloudformation_does_not_take():
    """It knows no aliases; a parser of YAML would not tell."""
    code = "\n".join(line for line in deployment.text().splitlines() if not line.lstrip().startswith("#"))
    assert re.findall(r"(?m)^ *(?:- )?[A-Za-z]+: [&*][a-z]+\b", code) == []


def test_what_is_committed_is_what_would_be_written():
    """Else: deploy/make.py --keyturn build/dev/src/cli/keyturn, and commit."""
    for path, text in deployment.make.files(keyturn()).items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is not what deploy/make.py writes; run it"


def test_the_command_document_is_what_keyturn_prints(resources):
    printed = rendered("ssm-command", "--package-url", "s3://tools/keyturn-1.zip", "--package-sha256", "c" * 64,
                       "--windows-package-url", "s3://tools/keyturn-1.exe", "--windows-package-sha256", "d" * 64)
    assert resources["CommandDocument"]["Properties"]["Content"] == printed


def test_without_packages_too(template):
    plain = Resolver(template, CodeBucket="tools").resources()
    assert plain["CommandDocument"]["Properties"]["Content"] == rendered("ssm-command")


def test_the_automation_document_is_what_keyturn_prints(resources):
    content = resources["AutomationDocument"]["Properties"]["Content"]
    # The ids stand for what CloudFormation knows once they are made.
    content = content.replace("<RotateFunction>", "keyturn-RotateCreds").replace("<UpdateFunction>", "keyturn-UpdateCreds")
    role = "arn:aws:iam::111122223333:role/keyturn-automation"
    assert content.replace("<AutomationRole.Arn>", role) == rendered(
        "ssm-automation", "--rotate-function", "keyturn-RotateCreds", "--update-function", "keyturn-UpdateCreds",
        "--assume-role", role)


def test_documents_take_what_the_parameters_allow(template, resources):
    """A value that passes the stack's pattern and not the document's would fail only on the account."""
    document = json.loads(resources["CommandDocument"]["Properties"]["Content"])["parameters"]
    for name in ("PackageSha256", "WindowsPackageSha256"):
        assert document[name]["allowedPattern"] == template["Parameters"][name]["AllowedPattern"]
    longest = "k" * 400
    for name, url in (("PackageUrl", f"s3://{'b' * 63}/{longest}.zip"), ("WindowsPackageUrl", f"s3://{'b' * 63}/{longest}.exe")):
        assert re.search(document[name]["allowedPattern"], url)


def test_it_fits_into_cloudformation():
    size = len(deployment.text().encode())
    assert 51_200 < size < 1_000_000, "docs/deploy.md says that it goes over S3"
    assert len(deployment.parsed()["Parameters"]) <= 200
    assert all(len(parameter["Description"]) <= 4000 for parameter in deployment.parsed()["Parameters"].values())


def test_every_parameter_is_described_checked_and_shown(template):
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(template["Parameters"])
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        checked = {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter)
        assert checked or parameter["Type"] == "CommaDelimitedList", name
        if "AllowedPattern" in parameter:
            pattern = parameter["AllowedPattern"]
            assert pattern.startswith("^") and pattern.endswith("$") and parameter["ConstraintDescription"], name
            assert "Default" not in parameter or re.search(pattern, parameter["Default"]), name


def test_the_functions_differ_in_name_log_and_task_alone(resources):
    functions = [resources[f"{name}Function"]["Properties"] for name in ("Rotate", "Update", "Reconcile")]
    assert [function["Handler"] for function in functions] == ["rotate", "update", "reconcile"]
    assert all(function["ReservedConcurrentExecutions"] == 1 for function in functions)
    own = {"FunctionName", "Description", "Handler"}
    first, second, third = [{name: value for name, value in f.items() if name not in own} for f in functions]
    assert first == second == third
    for name in ("Rotate", "Update", "Reconcile"):
        log, function = resources[f"{name}Log"]["Properties"], resources[f"{name}Function"]
        assert log["LogGroupName"] == f"/aws/lambda/{function['Properties']['FunctionName']}"
        assert f"{name}Log" in function["DependsOn"]


@pytest.mark.parametrize("parameters", [{}, {"NativeRotationDays": 30}, {"TagKey": "aws:autoscaling:groupName"}])
def test_keyturn_takes_the_functions_configuration(template, tmp_path, parameters):
    environment = Resolver(template, **PARAMETERS, **parameters).resources()["ReconcileFunction"]["Properties"]["Environment"]
    text = environment["Variables"]["KEYTURN_CONFIG_TEXT"]
    assert len(text) + sum(map(len, environment["Variables"])) < 4096
    config = tmp_path / "keyturn.toml"
    config.write_text(text)
    done = subprocess.run([keyturn(), "render", "ssm-command", "--config", str(config)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert ('max_age = "3650d"' in text) == bool(parameters.get("NativeRotationDays"))


def test_a_wrong_configuration_would_be_noticed(tmp_path):
    config = tmp_path / "keyturn.toml"
    config.write_text('[rotation.policy]\nmax_agee = "7d"\n')
    done = subprocess.run([keyturn(), "render", "ssm-command", "--config", str(config)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2


def test_alarms_look_at_metrics_that_keyturn_writes(resources):
    source = (ROOT / "src" / "lambda" / "metrics.cc").read_text(encoding="utf-8")
    alarms = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    looked_at = []
    for alarm in alarms:
        one = alarm if "MetricName" in alarm else next(m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m)
        assert one["Dimensions"] == [{"Name": "Rotation", "Value": "default"}]
        assert f'{{"Namespace", "{one["Namespace"]}"}}' in source
        assert f'("{one["MetricName"]}", ' in source, f"no run writes {one['MetricName']}"
        looked_at.append(one["MetricName"])
    assert sorted(looked_at) == ["Blocked", "CurrentKeyAgeSeconds", "Failed", "Laggards", "RunSeconds"]


def test_alarms_span_no_more_than_cloudwatch_takes(template):
    """A week, for periods of an hour and longer."""
    most = {name: template["Parameters"][name]["MaxValue"] for name in ("LaggardDays", "NoRunDays")}
    longest = Resolver(template, **PARAMETERS, **most).resources()
    for each in longest.values():
        if each["Type"] == "AWS::CloudWatch::Alarm" and "Period" in each["Properties"]:
            assert each["Properties"]["Period"] * each["Properties"]["EvaluationPeriods"] <= 7 * 86_400


def test_what_takes_tags_has_them(resources):
    taggable = {"AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::Lambda::Function",
                "AWS::SSM::Document", "AWS::Scheduler::ScheduleGroup", "AWS::SNS::Topic", "AWS::CloudWatch::Alarm"}
    for name, resource in resources.items():
        if resource["Type"] in taggable:
            assert resource["Properties"]["Tags"] == [{"Key": "keyturn", "Value": "keyturn"}], name


def test_names_begin_with_the_stack_s(template):
    """What is named is found again, and two stacks do not meet; secrets have names of their own."""
    named = Resolver(template, Name="payroll", CreateKmsKey="true", RotateLogin="true", NativeRotationDays=30, AlarmEmail="dba@example.com",
                     SubnetIds="subnet-1", SecurityGroupIds="sg-1", **PARAMETERS).resources()
    assert len(named) == len(template["Resources"])
    members = ("RoleName", "PolicyName", "ManagedPolicyName", "FunctionName", "LogGroupName", "TopicName", "AlarmName", "Name")
    for name, resource in named.items():
        for member in members:
            given = resource["Properties"].get(member)
            if isinstance(given, str) and resource["Type"] != "AWS::SecretsManager::Secret" and not given.startswith("<"):
                assert re.match(r"(/aws/lambda/)?payroll(-|$)", given), (name, given)


def references(value):
    """The resources that a part of the template names."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, argument in value.items():
        if name == "Ref":
            found.add(argument)
        elif name == "Fn::GetAtt":
            found.add(argument[0])
        elif name == "DependsOn":
            found |= {argument} if isinstance(argument, str) else set(argument)
        elif name == "Fn::Sub":
            found |= set(re.findall(r"\$\{(\w+)", argument if isinstance(argument, str) else argument[0]))
        found |= references(argument)
    return found


def test_everything_stands_before_the_way_out(template):
    """CloudFormation deletes in the opposite order: what is asked first stops all the rest."""
    resources = template["Resources"]
    reached, to_look_at = set(), ["WayOut"]
    while to_look_at:
        reached.add(name := to_look_at.pop())
        to_look_at += (references(resources[name]) & set(resources)) - reached
    assert set(resources) <= reached
    # What DependsOn names must be there always.
    assert [name for name in resources["WayOut"]["DependsOn"] if "Condition" in resources[name]] == []
