"""The Command document: the rules of schema 2.2 and of the agent, and values that try to break out of their quotes."""

import random
import re
import subprocess

import documents
import pytest
import support
from documents import REFERENCE, Refused, check_value, re2, render, run_render

botocore_session = support.package("botocore.session")
botocore_validate = support.package("botocore.validate")

VERSION = "0d6ef3c2-1f1e-4c55-9d4e-5a5f7f6f0f11"
SHA256 = "0123456789abcdef" * 4

# A good value of each parameter, besides its default.
GOOD = {
    "Mode": ["check", "apply"],
    "VersionId": ["", VERSION, "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"],
    "Stage": ["", "pending", "current"],
    "NotAfter": ["", "2026-11-23T17:00:00Z", "2026-11-23T17:00:00.123Z"],
    "CredentialSecret": ["prod/sqlcredential",
                         "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:prod/sql_c+=.@-AbCdEf"],
    "BucketUrlSecret": ["bucketurl"],
    "SqlUserSecret": ["sqluser"],
    "SqlPasswordSecret": ["a" * 512],
    "SqlAuthentication": ["sql", "integrated"],
    "RotateLogin": ["", "true", "false"],
    "ProofBackup": ["", "true", "false"],
    "BucketUrls": [[], ["s3://b.s3.eu-central-1.amazonaws.com/sql"], ["s3://minio.corp:9000/b/x_y~(1)!", "s3://b/c"]],
    "CredentialPatterns": [[], ["s3://b.s3.eu-central-1.amazonaws.com/*", "s3://b/c"]],
    "ExecutionTimeout": ["5", "600", "172800"],
    "PackageUrl": ["", "s3://tools/keyturn/keyturn-0.1.0.zip", "https://tools.corp.example:8443/keyturn.tar.gz"],
    "PackageSha256": ["", SHA256],
    "WindowsPackageUrl": ["", "s3://tools/keyturn.exe"],
    "WindowsPackageSha256": ["", SHA256],
}

HOSTILE = [
    "'; touch {canary}; '", "'$(touch {canary})'", "`touch {canary}`", "$(touch {canary})", "\ntouch {canary}\n", "\n",
    "a\ntouch {canary}", "x' || touch {canary} #", "\\'; touch {canary} #", "'\"'; touch {canary}; '\"'", "\r\n", "\0",
    "${{IFS}}", "$1", "${{Mode}}", "{{{{ Mode }}}}", "{{{{ssm:secret}}}}", "{{{{ssm-secure:secret}}}}", "a b", "--debug",
    "-x", "\u2019; calc; \u2019", "\u201b", "'@\n'; calc", "%COMSPEC%", "|calc", "&calc", ";calc", "<x", ">x", "\t", "*",
    "?", "[a]", '"', ",", "\u00e9", "\x7f", " ",
]


@pytest.fixture(scope="module", name="document")
def _document():
    return render("ssm-command")


def test_top_level(document):
    assert set(document) == {"schemaVersion", "description", "parameters", "mainSteps"}
    assert document["schemaVersion"] == "2.2"


def test_is_deterministic_and_small_enough():
    first, second = run_render("ssm-command").stdout, run_render("ssm-command").stdout
    assert first == second
    assert len(first.encode()) <= 64 * 1024


def test_parameters_keep_to_the_schema(document):
    for name, definition in document["parameters"].items():
        assert re.fullmatch("[A-Za-z0-9]+", name), name
        assert definition["type"] in ("String", "StringList")
        assert definition["description"].endswith(".")
        assert set(definition) <= {"type", "description", "default", "allowedPattern", "allowedValues"}
        assert isinstance(definition["default"], list if definition["type"] == "StringList" else str)
        check_value(definition, definition["default"])


def test_defaults_look_and_change_nothing(document):
    assert document["parameters"]["Mode"]["default"] == "check"


@pytest.mark.parametrize("name", GOOD)
def test_good_values_are_taken(document, name):
    for value in GOOD[name]:
        check_value(document["parameters"][name], value)


def test_every_parameter_has_good_values(document):
    assert set(GOOD) == set(document["parameters"])


@pytest.mark.parametrize("name", GOOD)
def test_patterns_are_anchored(document, name):
    definition = document["parameters"][name]
    assert definition["allowedPattern"].startswith("^") and definition["allowedPattern"].endswith("$")
    pattern_alone = {"allowedPattern": definition["allowedPattern"]}
    for value in GOOD[name]:
        for good in [value] if isinstance(value, str) else value:
            for bad in ("'; x" + good, good + "'; x", "x\n" + good, good + "\nx", good + "\n"):
                with pytest.raises(Refused):
                    check_value(pattern_alone, [bad])


@pytest.mark.parametrize("name", GOOD)
def test_hostile_values_are_refused(document, name):
    definition = document["parameters"][name]
    for text in HOSTILE:
        hostile = text.format(canary="/x")
        prefixes = [""] + [good for value in GOOD[name] for good in ([value] if isinstance(value, str) else value)]
        for prefix in prefixes:
            value = prefix + hostile
            try:
                check_value(definition, [value])
            except Refused:
                continue
            # What is taken all the same holds nothing that could end a quoted text or be expanded.
            assert re.fullmatch(r"[A-Za-z0-9._~/:+=!()@*-]*", value), value


def test_patterns_are_of_re2(document):
    for definition in document["parameters"].values():
        re2.compile(definition["allowedPattern"])
    with pytest.raises(re2.error):
        re2.compile("^(?=a)$")


def test_time_out_is_within_what_the_plugin_takes(document):
    definition = document["parameters"]["ExecutionTimeout"]
    for seconds in [*range(0, 400), *range(9_900, 10_100), *range(99_900, 100_100), *range(172_000, 173_300), 999_999]:
        good = 5 <= seconds <= 172_800
        assert bool(re2.search(definition["allowedPattern"], str(seconds))) == good, seconds
    for text in ("", "05", "+5", "5.0", "1e3", " 5", "-5"):
        assert not re2.search(definition["allowedPattern"], text)


def test_each_platform_has_a_step_of_its_own(document):
    steps = document["mainSteps"]
    assert [(step["action"], step["precondition"]) for step in steps] == [
        ("aws:runShellScript", {"StringEquals": ["platformType", "Linux"]}),
        ("aws:runPowerShellScript", {"StringEquals": ["platformType", "Windows"]}),
    ]
    assert len({step["name"] for step in steps}) == len(steps)
    for step in steps:
        assert set(step) == {"precondition", "action", "name", "inputs"}
        assert re.fullmatch(r"[a-zA-Z0-9_.-]{3,128}", step["name"])
        assert set(step["inputs"]) == {"timeoutSeconds", "runCommand"}
        assert step["inputs"]["timeoutSeconds"] == "{{ ExecutionTimeout }}"
        assert all(isinstance(line, str) and "\n" not in line for line in step["inputs"]["runCommand"])


def test_every_parameter_is_used_and_every_reference_is_one(document):
    inputs = [step["inputs"] for step in document["mainSteps"]]
    text = "\n".join([each["timeoutSeconds"] for each in inputs] + [line for each in inputs for line in each["runCommand"]])
    assert set(REFERENCE.findall(text)) == set(document["parameters"])
    assert "{{" not in REFERENCE.sub("", text) and "}}" not in REFERENCE.sub("", text)


def test_no_line_is_a_reference_alone(document):
    """The agent puts a list in the place of such a line, not a text."""
    for step in document["mainSteps"]:
        for line in step["inputs"]["runCommand"]:
            assert not re.fullmatch(r"\{\{\s*\w+\s*\}\}", line)


@pytest.mark.parametrize("way", ["sql", "integrated"])
def test_sql_authentication_comes_from_the_configuration(tmp_path, way):
    config = tmp_path / "keyturn.toml"
    config.write_text(f'[sql]\nauthentication = "{way}"\n')
    assert render("ssm-command", "--config", config)["parameters"]["SqlAuthentication"]["default"] == way


def test_names_come_from_the_configuration(tmp_path):
    config = tmp_path / "keyturn.toml"
    config.write_text("""
[[rotation]]
name = "prod"
iam_user = "sql-backups-prod"
credential_secret = "prod/sqlcredential"
bucket_url_secret = "prod/bucketurl"
sql_user_secret = "prod/sqluser"
sql_password_secret = "prod/sqlpass"
[[rotation]]
name = "test"
iam_user = "sql-backups-test"
credential_secret = "test/sqlcredential"
""")
    parameters = render("ssm-command", "--config", config, "--rotation", "prod")["parameters"]
    names = {name: parameters[name]["default"] for name in parameters if name.endswith("Secret")}
    assert names == {"CredentialSecret": "prod/sqlcredential", "BucketUrlSecret": "prod/bucketurl",
                     "SqlUserSecret": "prod/sqluser", "SqlPasswordSecret": "prod/sqlpass"}
    several = run_render("ssm-command", "--config", config)
    assert several.returncode == 2 and "prod, test" in several.stderr


def test_the_package_may_be_named():
    parameters = render("ssm-command", "--package-url", "s3://tools/keyturn.zip", "--package-sha256", SHA256,
                        "--windows-package-url", "s3://tools/keyturn.exe", "--windows-package-sha256", SHA256)["parameters"]
    assert parameters["PackageUrl"]["default"] == "s3://tools/keyturn.zip"
    assert parameters["PackageSha256"]["default"] == SHA256
    assert parameters["WindowsPackageUrl"]["default"] == "s3://tools/keyturn.exe"


@pytest.mark.parametrize("arguments, said", [
    (["ssm-command", "--package-url", "ftp://tools/keyturn.zip", "--package-sha256", SHA256], "--package-url"),
    (["ssm-command", "--package-url", "s3://tools/keyturn.zip"], "belong together"),
    (["ssm-command", "--windows-package-sha256", SHA256], "belong together"),
    (["ssm-command", "--package-url", "s3://tools/'x'.zip", "--package-sha256", SHA256], "must match"),
    (["ssm-command", "--assume-role", "x"], "ssm-automation"),
    (["ssm-comand"], "allowed: ssm-command, ssm-automation"),
    (["ssm-command", "--rotation", "prod"], "no rotation"),
    ([], "required"),
])
def test_what_can_not_be_rendered_is_refused(arguments, said):
    result = run_render(*arguments)
    assert result.returncode == 2 and result.stdout == ""
    assert said in result.stderr


def request_of(operation, **parameters):
    shape = botocore_session.get_session().get_service_model("ssm").operation_model(operation).input_shape
    report = botocore_validate.ParamValidator().validate(parameters, shape)
    assert not report.has_errors(), report.generate_report()


def test_requests_that_carry_it_are_valid(document):
    content = run_render("ssm-command").stdout
    request_of("CreateDocument", Name="SQL-Credentials-UpdateCreds", DocumentType="Command", DocumentFormat="JSON",
               TargetType="/AWS::EC2::Instance", Content=content)
    request_of("UpdateDocument", Name="SQL-Credentials-UpdateCreds", Content=content, DocumentVersion="$LATEST")
    for index in range(3):
        values = {name: good[min(index, len(good) - 1)] for name, good in GOOD.items()}
        request_of("SendCommand", DocumentName="SQL-Credentials-UpdateCreds",
                   Targets=[{"Key": "tag:SQL", "Values": ["2022"]}], MaxConcurrency="10%", MaxErrors="0",
                   Parameters={name: [value] if isinstance(value, str) else value for name, value in values.items()
                               if value})


# --- breaking out ---

_FAKE = """#!/bin/sh
for word in "$@"; do printf '%s\\0' "$word"; done
"""


@pytest.fixture(name="shell")
def _shell(tmp_path, document):
    """Runs the Linux step with the values; answers keyturn's arguments, and whether anything else was run."""
    place = tmp_path / "usr/local/bin/keyturn"
    place.parent.mkdir(parents=True)
    place.write_text(_FAKE)
    place.chmod(0o755)
    canary = tmp_path / "canary"

    def run(check=True, **values):
        text = documents.script(document, "Linux", check=check, **values).encode("utf-8", "surrogatepass")
        result = subprocess.run(["dash", "-s"], input=text, capture_output=True, timeout=60, check=False, cwd=tmp_path,
                                env={"PATH": "/usr/bin:/bin", "KEYTURN_HOST_ROOT": str(tmp_path)})
        return result, result.stdout.decode(errors="replace").split("\0")[:-1]

    run.canary = canary
    return run


def expected_arguments(values):
    arguments = ["apply", "--output", "json", "--credential-secret", values["CredentialSecret"], "--bucket-url-secret",
                 values["BucketUrlSecret"], "--sql-user-secret", values["SqlUserSecret"], "--sql-password-secret",
                 values["SqlPasswordSecret"]]
    for url in values["BucketUrls"]:
        arguments += ["--bucket-url", url]
    for pattern in values["CredentialPatterns"]:
        arguments += ["--credential-pattern", pattern]
    for name, option in (("RotateLogin", "--rotate-login"), ("ProofBackup", "--proof-backup")):
        if values[name]:
            arguments += [option, values[name]]
    if values["Mode"] == "check":
        return arguments + ["--check"]
    return arguments + ["--version-id", values["VersionId"], "--stage", values["Stage"], "--not-after", values["NotAfter"]]


def random_value(draw, document, name):
    """Any text that the parameter takes: mutations of good ones, with characters that shells care for."""
    definition = document["parameters"][name]
    for _ in range(50):
        good = draw.choice(GOOD[name])
        parts = [good] if isinstance(good, str) else list(good) or ["s3://a/b"]
        mutated = []
        for part in parts:
            letters = list(part)
            for _ in range(draw.randrange(3)):
                letters.insert(draw.randrange(len(letters) + 1), draw.choice("aZ0!()~:/+=.@*-_'\"$`\\;&|<> \n{}[],#%^?"))
            mutated.append("".join(letters))
        value = mutated[0] if isinstance(good, str) else mutated
        try:
            check_value(definition, value)
        except Refused:
            continue
        return value
    return definition["default"]


def test_whatever_is_taken_reaches_keyturn_as_it_is(shell, document):
    draw = random.Random(20261123)
    for _ in range(150):
        values = {name: random_value(draw, document, name) for name in GOOD}
        result, arguments = shell(**values)
        assert result.returncode == 0, result.stderr
        assert arguments == expected_arguments(values)


def test_each_parameter_stands_in_single_quotes(document):
    for line in document["mainSteps"][0]["inputs"]["runCommand"]:
        if "{{" in line:
            assert re.fullmatch(r"[a-z0-9_]+='\{\{ [A-Za-z0-9]+ \}\}'", line), line


def test_a_pattern_is_not_taken_for_file_names(shell, tmp_path):
    (tmp_path / "s3:/b/c").mkdir(parents=True)
    (tmp_path / "s3:/b/c/file").touch()
    _, arguments = shell(CredentialPatterns=["s3://b/c/*"])
    assert "s3://b/c/*" in arguments and "s3://b/c/file" not in arguments


def test_the_harness_sees_a_value_that_breaks_out(shell):
    shell(check=False, SqlUserSecret=f"'; touch {shell.canary}; '")
    assert shell.canary.exists()


@pytest.mark.parametrize("name", GOOD)
def test_a_last_newline_breaks_nothing(shell, name):
    """Elsewhere than in Go, $ also matches before a newline at the end."""
    for good in GOOD[name]:
        value = good + "\n" if isinstance(good, str) else [each + "\n" for each in good]
        result, _ = shell(check=False, **{name: value})
        assert result.returncode in (0, 1)
        assert b"not found" not in result.stderr and not shell.canary.exists()
