"""A lab in which everybody may do exactly what `keyturn render policy` prints, and what each right that is taken away does."""

import fnmatch
import json
import pathlib
import subprocess
import sys

from support import ROOT, package

# The equipment of tests/process, which is no package.
sys.path.insert(0, str(ROOT / "tests" / "process"))

import rehearsal  # noqa: E402
from rehearsal import USER  # noqa: E402
from ssm_rehearsal import SsmRehearsal  # noqa: E402

boto3 = package("boto3")

ACCOUNT, REGION = "111122223333", "us-east-1"
KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/of-the-secrets"
CONTROLLER, HOST, FUNCTIONS, BACKUPS = "user/lab-admin", "role/keyturn-host", "role/keyturn-lambda", f"user/{USER}"
# Everybody may make proof backups. One host has so many instances that Systems Manager's list cuts its report.
BACKS_UP = 'permissions = ["ALTER ANY CREDENTIAL", "VIEW SERVER STATE", "BACKUP DATABASE"]\n'
FLEET = [("sql01", BACKS_UP)] + [(f"big-{number}", f'{BACKS_UP}machine = "BIG"\ninstance = "I{number}"') for number in range(10)]
POLICY = {"deadline": "14s", "orphan_min_age": "15s", "intent_window": "10s", "grace": "15s", "quarantine": "15s"}
# What keyturn asks without having the right, and does well without: the bucket's region comes with the refusal.
NEEDLESS = {(CONTROLLER, "s3:ListBucket"), (FUNCTIONS, "s3:ListBucket")}


def toml():
    lines = [line for line in rehearsal.config(FLEET).splitlines() if line.split(" = ")[0] not in POLICY]
    at = lines.index("[policy]") + 1
    return "\n".join(lines[:at] + [f'{name} = "{value}"' for name, value in POLICY.items()] + lines[at:])


def as_list(value):
    return value if isinstance(value, list) else [value]


def rights_of(policy):
    """Each right of a policy, one action of one statement at a time: (Sid, action)."""
    return [(statement["Sid"], action) for statement in policy["Statement"] if statement["Effect"] == "Allow"
            for action in as_list(statement["Action"])]


def without(policy, sid, action):
    """The policy without one action of one statement."""
    kept = []
    for statement in policy["Statement"]:
        actions = [each for each in as_list(statement["Action"]) if statement["Sid"] != sid or each != action]
        if actions:
            kept.append(statement | {"Action": actions})
    return policy | {"Statement": kept}


class Ruled(SsmRehearsal):
    """Made as the blog leaves an account, the secrets encrypted by a KMS key; then everybody gets exactly their policy.

    The key is turned with a proof backup, and so is the login's password.
    """

    def __init__(self, folder):
        super().__init__(folder, toml())
        secrets = boto3.client("secretsmanager", endpoint_url=self.url, region_name=REGION,
                               aws_access_key_id=self.operator_key, aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])
        for name in ("iamuser", "sqlcredential", "sqluser", "sqlpass", "bucketurl"):
            secrets.update_secret(SecretId=name, KmsKeyId=KMS_KEY)
        self.ways = {way: self.extended(way) for way in ("ssm", "direct")}
        self.config = self.ways["ssm"]
        self.policies = {CONTROLLER: self.policy("controller", "ssm"), HOST: self.policy("host", "ssm"),
                         FUNCTIONS: self.policy("controller", "ssm"), BACKUPS: self.policy("backup-user", "ssm")}
        for identity, policy in self.policies.items():
            self.rule(identity, policy)
        self.control("DELETE", "rights")

    def extended(self, way):
        """The lab's configuration of that way, with everything in use that takes a right."""
        text = pathlib.Path(self.ready["keyturn_config" if way == "direct" else "keyturn_config_ssm"]).read_text(encoding="utf-8")
        file = self.home / f"{way}.toml"
        file.write_text("[sql]\nrotate_login = true\n" * ("[sql]" not in text)
                        + text.replace("[sql]\n", "[sql]\nrotate_login = true\n")
                        .replace("[[rotation]]\n", '[[rotation]]\nproof_backup = "canary"\n'), encoding="utf-8")
        return file

    def policy(self, role, way):
        """As keyturn prints it, for that configuration."""
        place = ["--aws-account", ACCOUNT, "--region", REGION]
        options = {"controller": [*place, "--kms-key", KMS_KEY, "--backup-user", USER], "host": [*place, "--kms-key", KMS_KEY],
                   "backup-user": [*place, "--bucket-url", f"s3://sql-backups-2022.s3.{REGION}.amazonaws.com/backups"]}[role]
        done = subprocess.run(self.arguments("render", "policy", role, *options, config=self.ways[way]), check=False,
                              env=self.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def rule(self, identity, policy):
        """From now on that is all that `identity` may do."""
        status, answer = self.control("PUT", f"policies/{identity}", policy)
        assert status == 200, answer

    def take_away(self, identity, sid, action):
        self.rule(identity, without(self.policies[identity], sid, action))

    def give_back(self, identity):
        self.rule(identity, self.policies[identity])

    def asked(self):
        """{(identity, action): was it allowed every time?} since the start or the last question."""
        status, rights = self.control("GET", "rights")
        assert status == 200
        answers = {}
        for right in rights:
            name = (right["identity"], right["action"])
            answers[name] = answers.get(name, True) and right["allowed"]
        return answers

    def unused(self, identity, policy):
        """Of the policy's rights those that were not asked for on any of their resources: (Sid, action)."""
        status, rights = self.control("GET", "rights")
        assert status == 200
        asked = [(right["action"], right["resource"]) for right in rights if right["identity"] == identity]
        return [(statement["Sid"], action) for statement in policy["Statement"] if statement["Effect"] == "Allow"
                for action in as_list(statement["Action"])
                if not any(action == name and fnmatch.fnmatchcase(resource, pattern) for name, resource in asked
                           for pattern in as_list(statement["Resource"]))]

    def function(self, name, event):
        """What a function answers, called by somebody who may do just that."""
        self.rule(CONTROLLER, {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"}]})
        functions = boto3.client("lambda", endpoint_url=self.url, region_name=REGION, aws_access_key_id=self.operator_key,
                                 aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])
        try:
            answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
            return answer.get("FunctionError"), json.loads(answer["Payload"].read())
        finally:
            self.give_back(CONTROLLER)


def words(ended):
    """All that a run said, without its line breaks."""
    return " ".join((ended.out + ended.err).split())
