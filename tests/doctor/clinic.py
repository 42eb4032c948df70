"""A lab whose preconditions are broken one by one, and what `keyturn doctor` says of each."""

import contextlib
import sys

from support import ROOT, package

# The equipment of other folders, which are no packages.
for folder in ("interop", "cli"):
    sys.path.insert(0, str(ROOT / "tests" / folder))

import program  # noqa: E402
from lab import QUIET, Lab, server  # noqa: E402

boto3 = package("boto3")
jsonschema = package("jsonschema")

BUCKET = "sql-backups-2022"
URL = f"s3://{BUCKET}.s3.us-east-1.amazonaws.com/backups"
USER = "sql-backups-user"
COMMAND = "SQL-Credentials-UpdateCreds"
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
# Sound ones are found by the tag SQL=2022; the others are for configurations that name them.
OTHER = {"tags": {"SQL": "other"}}
CLEAN = ["sql01", "sql02"]
SERVERS = {
    "sql01": {}, "sql02": {},
    "old": OTHER | {"product_version": "15.0.4280.7", "credentials": []},
    "express": OTHER | {"edition": "Express Edition (64-bit)", "credentials": []},
    "shadowed": OTHER | {"credentials": [URL, URL + "/payroll"]},
    "noright": OTHER | {"permissions": ["VIEW SERVER STATE"]},
    "fast": OTHER | {"clock_ahead_s": 1200}, "slow": OTHER | {"clock_ahead_s": -400},
    "blind": OTHER | {"permissions": ["ALTER ANY CREDENTIAL"]},
}


def lab_toml():
    def text(value):
        return "{ " + ", ".join(f'{key} = "{each}"' for key, each in value.items()) + " }"

    tables = []
    for name, settings in SERVERS.items():
        plain = {key: value for key, value in settings.items() if key != "tags"}
        tables.append(server(name, **plain) + (f"tags = {text(settings['tags'])}\n" if "tags" in settings else ""))
    return QUIET + "".join(tables)


class Clinic(Lab):
    def __init__(self, folder):
        super().__init__(config=lab_toml(), folder=folder)
        self.folder = folder
        self.ports = {each["name"]: each["port"] for each in self.ready["targets"]}
        self.environment = program.environment(folder, **self.env)

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1",
                            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])

    def config(self, rotation="", targets=CLEAN, sql=None, host="127.0.0.1"):
        """A configuration file for these servers, reached directly."""
        sql = f'ca_file = "{self.ready["ca_bundle"]}"' if sql is None else sql
        tables = "".join(f'[[rotation.target]]\nname = "{name}"\nhost = "{host}"\nport = {self.ports.get(name, 1)}\n'
                         for name in targets)
        return self._file(f'[sql]\n{sql}\nlogin_timeout = "5s"\n[[rotation]]\nname = "lab"\n{rotation}\n{tables}')

    def ssm_config(self, fleet='ec2_tags = { SQL = "2022" }'):
        return self._file(f'[[rotation]]\nname = "lab"\n[rotation.fleet]\nvia = "ssm"\n{fleet}\n')

    def _file(self, text):
        path = self.folder / "keyturn.toml"
        path.write_text(text)
        return str(path)

    def findings(self, config, environment=None):
        """All findings, held against schema and exit status."""
        result = program.run("doctor", "--output", "json", "--config", config, env=environment or self.environment)
        document = program.document(result)
        jsonschema.Draft202012Validator(program.schema("doctor")).validate(document)
        assert document["exit_status"] == result.returncode, result.stderr
        findings = [finding for group in document["groups"] for finding in group["findings"]]
        assert (result.returncode == 1) == any(each["verdict"] == "failed" for each in findings)
        return findings

    def complaints(self, config, environment=None):
        """{(check, subject): verdict} of what failed or is warned of; each says how it is mended."""
        found = [each for each in self.findings(config, environment) if each["verdict"] in ("failed", "warning")]
        assert all(each["message"] and each["mend"] for each in found), found
        assert len({(each["check"], each["subject"]) for each in found}) == len(found), found
        return {(each["check"], each["subject"]): each["verdict"] for each in found}

    @contextlib.contextmanager
    def policy(self, identity, *statements, after):
        """`statements` are all that the identity may do, until `after` are again."""
        self._put_policy(identity, statements)
        try:
            yield
        finally:
            self._put_policy(identity, after)

    def _put_policy(self, identity, statements):
        status, answer = self.control("PUT", f"policies/{identity}", {"Version": "2012-10-17", "Statement": list(statements)})
        assert status == 200, answer

    def denied(self, *actions):
        """The operator may do everything but these."""
        return self.policy("user/lab-admin", *EVERYTHING, {"Effect": "Deny", "Action": list(actions), "Resource": "*"},
                           after=EVERYTHING)

    def backups_allowed(self, *actions):
        """What the backup user may do on the bucket, for a while."""
        def allow(some):
            return {"Effect": "Allow", "Action": list(some), "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]}
        return self.policy(f"user/{USER}", allow(actions), after=[allow(["s3:ListBucket", "s3:GetObject", "s3:PutObject"])])

    @contextlib.contextmanager
    def host(self, name, action, back, **more):
        status, answer = self.control("POST", f"hosts/{name}", {"action": action, **more})
        assert status == 200, answer
        try:
            yield
        finally:
            self.control("POST", f"hosts/{name}", back)

    @contextlib.contextmanager
    def ahead(self, seconds):
        """AWS's clock, against this machine's."""
        self.control("POST", "clock", {"ahead_s": seconds})
        try:
            yield
        finally:
            self.control("POST", "clock", {"ahead_s": 0})
