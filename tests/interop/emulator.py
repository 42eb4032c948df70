"""Runs another project's AWS emulator on loopback, with the blog's account in it, and keyturn against it and the lab's SQL Servers."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

from cli import program
from support import package

boto3 = package("boto3")
botocore_config = package("botocore.config")

USER, SECRET, BUCKET, REGION = "sql-backups-user", "sqlcredential", "sql-backups-2022", "us-east-1"
URL = f"s3://{BUCKET}.s3.{REGION}.amazonaws.com/backups"
POLICY = """
[rotation.policy]
deadline = "6s"
orphan_min_age = "7s"
intent_window = "5s"
grace = "7s"
longest_backup = "3s"
quarantine = "7s"
propagation = "4s"
patience = "60s"
max_age = "3650d"
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(arguments, port, health, env=None):
    """An emulator that answers `health`; only PATH and what is given are in its environment."""
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(arguments, env={"PATH": os.environ["PATH"]} | (env or {}), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert process.poll() is None, f"{arguments[0]} ended with {process.returncode}"
            with contextlib.suppress(OSError):
                with opener().open(url + health, timeout=5):
                    break
            time.sleep(0.1)
        else:
            raise AssertionError(f"{arguments[0]} never answered")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def opener():
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Account:
    """The blog's account in an emulator: five secrets, one IAM user with a policy and a key, a bucket."""

    def __init__(self, url, key_id="test", secret="test", path_style=True):
        self.url = url
        self._session = boto3.Session(key_id, secret, region_name=REGION)
        self._config = botocore_config.Config(proxies={}, s3={"addressing_style": "path"} if path_style else {})
        # For keyturn; a test may send it to another place for one service.
        self.environment = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret,
                            "AWS_REGION": REGION}

    def client(self, service):
        return self._session.client(service, endpoint_url=self.url, config=self._config)

    def fill(self, sql_login, sql_password):
        iam = self.client("iam")
        iam.create_user(UserName=USER)
        allowed = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"}]}'
        iam.put_user_policy(UserName=USER, PolicyName="backups", PolicyDocument=allowed)
        key = iam.create_access_key(UserName=USER)["AccessKey"]
        self.client("s3").create_bucket(Bucket=BUCKET)
        for name, value in {"iamuser": USER, "sqluser": sql_login, "sqlpass": sql_password, "bucketurl": URL,
                            SECRET: f"{key['AccessKeyId']}:{key['SecretAccessKey']}"}.items():
            self.client("secretsmanager").create_secret(Name=name, SecretString=value)
        return key["AccessKeyId"]

    def keys(self):
        listed = self.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in listed}

    def staged(self):
        """Stage -> key id; each stage asked for by its name, as emulators need it."""
        client = self.client("secretsmanager")
        found = {}
        for version in client.list_secret_version_ids(SecretId=SECRET)["Versions"]:
            for stage in version["VersionStages"]:
                value = client.get_secret_value(SecretId=SECRET, VersionId=version["VersionId"], VersionStage=stage)
                found[stage] = value["SecretString"].split(":")[0]
        return found


def run_keyturn(account, lab, folder, *arguments):
    """keyturn against an emulator's AWS and a lab's SQL Servers; the lab's own AWS is left out."""
    config = folder / "keyturn.toml"
    config.write_text(f'[aws]\nregion = "{REGION}"\n[sql]\nca_file = "{lab.ready["ca_bundle"]}"\n'
                      'login_timeout = "2s"\nquery_timeout = "2s"\n'
                      f'[[rotation]]\nname = "emulated"\n{POLICY}{lab.rotation_targets()}')
    env = program.environment(folder, **account.environment)
    return program.run(*arguments, "--config", str(config), "--output", "json", env=env, timeout=180)


def turn_and_retire(account, lab, folder, old_key):
    """A rotation to its promotion, then the old key's deactivation and deletion, as the emulator itself tells of them."""
    turned = run_keyturn(account, lab, folder, "rotate")
    assert turned.returncode == 0, turned.stdout + turned.stderr
    (new_key,) = set(account.keys()) - {old_key}
    assert account.keys() == {old_key: "Active", new_key: "Active"}
    assert account.staged() == {"AWSCURRENT": new_key, "AWSPREVIOUS": old_key}
    assert key_ids_on_targets(lab) == {new_key}
    tags = account.client("secretsmanager").describe_secret(SecretId=SECRET).get("Tags", [])
    assert [tag for tag in tags if tag["Key"].startswith("keyturn:intent:")] == []

    retired = run_keyturn(account, lab, folder, "reconcile", "--wait", "60s")
    assert retired.returncode == 0, retired.stdout + retired.stderr
    assert account.keys() == {new_key: "Active"}
    assert account.staged()["AWSCURRENT"] == new_key
    assert key_ids_on_targets(lab) == {new_key}
    steps = [step["action"] for step in program.document(retired)["rotations"][0]["steps"]]
    assert "deactivate" in steps and "delete_key" in steps
    return new_key


def key_ids_on_targets(lab):
    return {credential["access_key_id"] for target in lab.state()["targets"] for credential in target["credentials"]
            if credential["name"].startswith("s3://")}
