"""Faults planted one by one into a lab: `keyturn doctor` names each, nothing else, and finds nothing in a clean one."""

import json

import pytest

from clinic import BUCKET, CLEAN, COMMAND, URL, USER, Clinic, program


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Clinic(tmp_path_factory.mktemp("lab")) as up:
        yield up


@pytest.fixture
def secret(lab):
    """Makes secrets, which are gone after the test."""
    manager = lab.client("secretsmanager")
    made = []

    def make(name, value):
        manager.create_secret(Name=name, SecretString=value)
        made.append(name)
        return name

    yield make
    for name in made:
        manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_a_clean_lab_is_clean(lab):
    for config in (lab.config(), lab.ssm_config()):
        findings = lab.findings(config)
        assert {finding["verdict"] for finding in findings} == {"ok"}, findings
        targets = {finding["subject"].lower() for finding in findings if finding["check"] == "target"}
        assert targets == set(CLEAN)


def test_nothing_is_changed_and_nothing_left_behind(lab):
    def world():
        state = lab.state()
        return state["iam"], state["secrets"], [target["credentials"] for target in state["targets"]]

    s3 = lab.client("s3")
    before, objects = world(), s3.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    lab.findings(lab.config())
    after, later = world(), s3.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    assert json.dumps(before[1:]) == json.dumps(after[1:]) and objects == later
    assert [key["access_key_id"] for key in before[0][USER]] == [key["access_key_id"] for key in after[0][USER]]


def test_text_has_a_line_each_and_the_mend_below(lab):
    result = program.run("doctor", "--config", lab.config(targets=["sql01", "noright"]), env=lab.environment)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  failed   target.rights noright: "))
    assert lines[at + 1].strip().startswith("In SQL Server: `GRANT ALTER ANY CREDENTIAL TO [cred-rotation-user];`")
    assert lines[-1].startswith("1 failed, 0 warning, 0 skipped, ")
    assert "\033" not in result.stdout
    colored = program.run("doctor", "--color", "always", "--config", lab.config(), env=lab.environment)
    assert "\033[32mok\033[0m" in colored.stdout and colored.returncode == 0


def test_a_configuration_that_cant_be_read_is_bad_usage(lab):
    result = program.run("doctor", "--config", lab.config("colour = 1"), env=lab.environment)
    assert result.returncode == 2 and "colour" in result.stderr


# --- Credentials and clock

def test_no_credentials(lab):
    none = {name: value for name, value in lab.environment.items() if "KEY" not in name}
    assert lab.complaints(lab.config(), none) == {("aws.credentials", "credentials"): "failed"}


def test_credentials_that_aws_does_not_take(lab):
    wrong = lab.environment | {"AWS_SECRET_ACCESS_KEY": "wrong"}
    assert lab.complaints(lab.config(), wrong) == {("aws.credentials", lab.env["AWS_ACCESS_KEY_ID"]): "failed"}


def test_expired_credentials(lab, tmp_path):
    printed = json.dumps({"Version": 1, "AccessKeyId": "AKIATEST", "SecretAccessKey": "x",
                          "Expiration": "2020-01-01T00:00:00Z"})
    (tmp_path / "credentials.json").write_text(printed)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path}/credentials.json\n")
    expired = {name: value for name, value in lab.environment.items() if "KEY" not in name}
    expired["AWS_CONFIG_FILE"] = str(tmp_path / "config")
    assert [check for check, _ in lab.complaints(lab.config(), expired)] == ["aws.credentials"]


@pytest.mark.parametrize("seconds, verdict", [(120, "warning"), (600, "failed"), (-600, "failed"), (1500, "failed")])
def test_clock_skew(lab, seconds, verdict):
    with lab.ahead(seconds):
        assert lab.complaints(lab.config()) == {("aws.clock", "this machine"): verdict}


# --- Secrets

def test_missing_secret(lab):
    assert lab.complaints(lab.config('bucket_url_secret = "nope"')) == {("secret.bucket_url", "nope"): "failed"}
    assert lab.complaints(lab.config('credential_secret = "nope"')) == {("secret.credential", "nope"): "failed"}


def test_secret_scheduled_for_deletion(lab):
    manager = lab.client("secretsmanager")
    manager.delete_secret(SecretId="sqluser", RecoveryWindowInDays=7)
    try:
        assert lab.complaints(lab.config()) == {("secret.sql_user", "sqluser"): "failed"}
    finally:
        manager.restore_secret(SecretId="sqluser")


def test_malformed_credential_secret(lab, secret):
    name = secret("malformed", "no key at all")
    assert lab.complaints(lab.config(f'credential_secret = "{name}"')) == {("secret.credential", name): "failed"}


def test_mixed_up_secrets(lab, secret):
    name = secret("mixed", "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert lab.complaints(lab.config(f'iam_user_secret = "{name}"')) == {("secret.iam_user", name): "failed"}


def test_disabled_kms_key(lab, secret):
    kms = lab.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    name = secret("locked", USER)
    lab.client("secretsmanager").update_secret(SecretId=name, KmsKeyId=key)
    config = lab.config(f'iam_user_secret = "{name}"')
    assert lab.complaints(config) == {}
    kms.disable_key(KeyId=key)
    assert lab.complaints(config) == {("secret.kms_key", key): "failed"}


# --- The user and its keys

def test_wrong_iam_user(lab):
    assert lab.complaints(lab.config('iam_user = "nobody"')) == {("iam.user", "nobody"): "failed"}


def test_both_key_slots_full(lab):
    iam = lab.client("iam")
    key = iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    try:
        assert lab.complaints(lab.config()) == {("iam.key_slots", USER): "failed"}
    finally:
        iam.delete_access_key(UserName=USER, AccessKeyId=key)


def test_inactive_key(lab):
    iam = lab.client("iam")
    key = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName=USER, AccessKeyId=key, Status="Inactive")
    try:
        assert lab.complaints(lab.config()) == {("iam.current_key", key): "failed"}
    finally:
        iam.update_access_key(UserName=USER, AccessKeyId=key, Status="Active")


def test_a_key_that_is_gone(lab, secret):
    name = secret("stale", "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    found = lab.complaints(lab.config(f'credential_secret = "{name}"'))
    # The key that the servers hold is nobody's then.
    assert found == {("iam.current_key", "AKIAIOSFODNN7EXAMPLE"): "failed", ("iam.key_slots", USER): "warning"}


# --- Rights

@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "iam:DeleteAccessKey", "secretsmanager:PutSecretValue",
                                    "secretsmanager:UpdateSecretVersionStage", "secretsmanager:TagResource"])
def test_missing_right_to_write(lab, action):
    with lab.denied(action):
        assert lab.complaints(lab.config()) == {("right", action): "failed"}


@pytest.mark.parametrize("action, also", [("iam:ListAccessKeys", ("iam.user", USER)),
                                          ("secretsmanager:DescribeSecret", ("secret.credential", "sqlcredential"))])
def test_missing_right_to_read(lab, action, also):
    with lab.denied(action):
        assert lab.complaints(lab.config()) == {("right", action): "failed", also: "failed"}


def test_missing_right_over_systems_manager(lab):
    with lab.denied("ec2:DescribeInstances"):
        found = lab.complaints(lab.ssm_config())
    assert found == {("right", "ec2:DescribeInstances"): "failed", ("ec2.tags", "us-east-1"): "failed"}


def test_who_may_not_ask_gets_no_alarm(lab):
    with lab.denied("iam:SimulatePrincipalPolicy", "kms:DescribeKey"):
        findings = lab.findings(lab.config())
    assert {finding["verdict"] for finding in findings} == {"ok", "skipped"}
    assert {finding["check"] for finding in findings if finding["verdict"] == "skipped"} == {"right"}


# --- The bucket

@pytest.mark.parametrize("url", ["s3://no-such-bucket-here.s3.us-east-1.amazonaws.com/backups",
                                 f"s3://{BUCKET}.s3.eu-west-1.amazonaws.com/backups"])
def test_bucket_missing_or_elsewhere(lab, url):
    assert lab.complaints(lab.config(f'bucket_urls = ["{url}"]')) == {("bucket", url): "failed"}


@pytest.mark.parametrize("allowed", [["s3:ListBucket", "s3:GetObject"], ["s3:PutObject"]])
def test_key_may_not_use_the_bucket(lab, allowed):
    with lab.backups_allowed(*allowed):
        assert lab.complaints(lab.config()) == {("bucket.write", URL): "failed"}


# --- Servers

@pytest.mark.parametrize("server, check, verdict", [
    ("old", "target.version", "warning"), ("express", "target.edition", "warning"),
    ("shadowed", "target.shadowing", "warning"), ("noright", "target.rights", "failed"),
    ("fast", "target.clock", "failed"), ("slow", "target.clock", "warning"),
    ("blind", "target.rights", "warning"), ("nowhere", "target.connection", "failed"),
])
def test_server(lab, server, check, verdict):
    assert lab.complaints(lab.config(targets=[*CLEAN, server])) == {(check, server): verdict}


def test_certificate_of_an_unknown_authority(lab):
    found = lab.complaints(lab.config(sql="", targets=["sql01"]))
    assert found == {("target.encryption", "sql01"): "failed"}


def test_certificate_for_another_name(lab):
    # The same address; the certificate has it in its usual form only.
    found = lab.complaints(lab.config(host="127.1", targets=["sql01"]))
    assert found == {("target.encryption", "sql01"): "failed"}


def test_wrong_sql_password(lab, secret):
    name = secret("wrongpass", "not the password")
    found = lab.complaints(lab.config(f'sql_password_secret = "{name}"'))
    assert found == {("target.login", server): "failed" for server in CLEAN}


# --- Systems Manager

def test_no_instance_has_the_tag(lab):
    found = lab.complaints(lab.ssm_config('ec2_tags = { SQL = "none" }'))
    assert found == {("ec2.tags", "us-east-1"): "failed"}


def test_stopped_instance(lab):
    with lab.host("SQL02", "stop", {"action": "start"}):
        assert lab.complaints(lab.ssm_config()) == {("ec2.instance", "SQL02"): "warning"}


@pytest.mark.parametrize("action, back", [("offline", "online"), ("unmanage", "manage")])
def test_agent_that_is_away(lab, action, back):
    with lab.host("SQL02", action, {"action": back}):
        assert lab.complaints(lab.ssm_config()) == {("ssm.agent", "SQL02"): "failed"}


def test_old_agent(lab):
    with lab.host("SQL02", "agent", {"action": "agent", "version": ""}, version="2.3.1319.0"):
        assert lab.complaints(lab.ssm_config()) == {("ssm.agent_version", "SQL02"): "warning"}


def test_stopped_service(lab):
    lab.control("POST", "targets/sql02", {"action": "stop_service"})
    try:
        assert lab.complaints(lab.ssm_config()) == {("target.service", "SQL02"): "failed"}
    finally:
        lab.control("POST", "targets/sql02", {"action": "start"})


def test_document_missing(lab):
    found = lab.complaints(lab.ssm_config('ec2_tags = { SQL = "2022" }\ndocument = "No-Such"'))
    assert found == {("ssm.document", "No-Such"): "failed"}


@pytest.mark.parametrize("name, check", [(COMMAND, "ssm.document"), ("SQL-Credentials-Automation", "ssm.automation")])
def test_document_changed(lab, name, check):
    ssm = lab.client("ssm")
    content = json.loads(ssm.get_document(Name=name)["Content"])
    content["description"] = "changed by hand"
    ssm.update_document(Name=name, Content=json.dumps(content), DocumentVersion="$LATEST")
    ssm.update_document_default_version(Name=name, DocumentVersion="2")
    try:
        assert lab.complaints(lab.ssm_config()) == {(check, name): "failed"}
    finally:
        ssm.update_document_default_version(Name=name, DocumentVersion="1")
