"""Writes docs/aws-permissions.md: the rights that `keyturn render policy --explain` prints, and the template's trust policies."""

import json
import pathlib
import subprocess
import tempfile

import template

# Everything that there is to have, over Systems Manager and directly.
CONFIG = """\
[sql]
rotate_login = true
[[rotation]]
proof_backup = "canary"
[rotation.fleet]
via = "{via}"
ec2_tags = {{ SQL = "2022" }}
"""
LISTED = """\
[[rotation]]
[rotation.fleet]
via = "ssm"
instance_ids = ["i-0123456789abcdef0", "mi-0123456789abcdef0"]
"""
PLACE = ["--aws-account", "111122223333", "--region", "eu-central-1"]
KEY = ["--kms-key", "arn:aws:kms:eu-central-1:111122223333:key/KEY"]
OPTIONS = {
    "controller": [*PLACE, *KEY, "--backup-user", "sql-backups-user", "--functions", "keyturn", "--vpc"],
    "host": [*PLACE, *KEY, "--package-url", "s3://tools/keyturn.zip", "--windows-package-url", "s3://tools/keyturn.exe"],
    "backup-user": [*PLACE, "--bucket-url", "s3://backups.s3.eu-central-1.amazonaws.com/sql", "--restore"]}

NEEDS = {
    "always": "always",
    "instances": "`ec2_tags`",
    "ssm": '`via = "ssm"`',
    "direct": '`via = "direct"`, with a SQL login',
    "kms": "a KMS key of your own",
    "functions": "keyturn in Lambda",
    "vpc": "Lambda in a VPC",
    "package": "hosts that fetch keyturn",
    "rotate-login": "`rotate_login`",
    "proof-backup": "`proof_backup`",
    "restore": "RESTORE with the same key",
    "doctor": "`keyturn doctor`"}
TITLES = {
    "controller": ("Who runs keyturn", "The functions of the template (role `NAME-functions`), or the identity that a person, cron or "
                   "another machine runs it with."),
    "host": ("Hosts", "The role of the instance profile, beside what the SSM agent needs (`AmazonSSMManagedInstanceCore`). With "
             '`via = "direct"` hosts need nothing.'),
    "backup-user": ("The backup user", "The IAM user whose access key SQL Server holds. keyturn uses a new key once, to prove it.")}

HEAD = """\
# Rights in AWS

Every right that keyturn needs, each with what for. Made by `deploy/make.py` from the table in the program; tests hold policies, templates
and this page together, and `tests/permissions` holds the table against what keyturn calls: a rotation runs with these rights and no
others, and without each of them it says which one is missing.

`keyturn render policy controller|host|backup-user` prints them for your configuration, as policies of IAM; `--explain` with the reasons. The
templates bring them along ([deploy.md](deploy.md#rights)). The examples here are of account 111122223333 in eu-central-1, with the names of
the blog. **Needed for** says who may do without a row: where the feature is not used, the policy has no such statement.

Calls that need no right: `sts:GetCallerIdentity`, with a new key as its first proof; and HEAD of the backups' bucket with keyturn's own
identity, which tells the bucket's region also where it is refused.
"""

TRUSTS = """\
## Who may be whom

The template's trust policies and the topic's policy: services may act for this account alone, and for the things of this stack alone.
"""

ROLES_OF_SERVICES = """\
## Systems Manager and EventBridge Scheduler

The template gives these services a role each, which does one thing. keyturn itself never has these rights.
"""


def as_list(value):
    return value if isinstance(value, list) else [value]


def explained(keyturn, role, config):
    """What `keyturn render policy ROLE --explain` prints, with no configuration of this machine."""
    env = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "keyturn.toml"
        path.write_text(config, encoding="utf-8")
        done = subprocess.run([str(keyturn), "render", "policy", role, *OPTIONS[role], "--explain", "--config", str(path)], check=True,
                              capture_output=True, text=True, env=env, timeout=60)
    return json.loads(done.stdout)


def rights(keyturn, role):
    """Each right once, whichever way to the servers needs it."""
    found = {}
    for config in (CONFIG.format(via="ssm"), CONFIG.format(via="direct"), LISTED):
        for right in explained(keyturn, role, config):
            found.setdefault(right["statement"]["Sid"], right)
    return list(found.values())


def code(texts):
    return "<br>".join(f"`{text}`" for text in texts)


def condition_text(statement):
    """"aws:RequestedRegion = eu-central-1", each on a line."""
    return code(f"{key} {operator} {value}" for operator, block in statement.get("Condition", {}).items()
                for key, value in block.items())


def table(rows):
    lines = ["| statement | actions | on | only if | needed for | why |", "|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def row(statement, need, why):
    sid = statement["Sid"] + (" (deny)" if statement["Effect"] == "Deny" else "")
    resources = code(as_list(statement["Resource"])) if "Resource" in statement else ""
    return [sid, code(as_list(statement["Action"])), resources, condition_text(statement), need, why]


def plain(value):
    """A value of the template as its reader writes it: ${Name}, and names of resources."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return "${" + value["Ref"] + "}"
    if "Fn::GetAtt" in value:
        return "${" + ".".join(value["Fn::GetAtt"]) + "}"
    if "Fn::Sub" in value:
        return value["Fn::Sub"]
    return {name: plain(each) for name, each in value.items()}


def of_services(parsed, why):
    """Rows of the template's two roles for services."""
    return [row(plain(statement), "the template", why[statement["Sid"]]) for name in ("AutomationPolicy", "SchedulePolicy")
            for statement in template.policies(parsed)[name]["Statement"]]


def trusts(parsed, why):
    lines = ["| whose | who | may | only if | why |", "|---|---|---|---|---|"]
    for name, document in template.policies(parsed).items():
        for statement in plain(document)["Statement"]:
            if "Principal" in statement:
                who = code(value for value in statement["Principal"].values())
                lines.append(f"| {name} | {who} | {code(as_list(statement['Action']))} | {condition_text(statement)} | "
                             f"{why[statement['Sid']]} |")
    return "\n".join(lines) + "\n"


def page(keyturn, parsed, why):
    parts = [HEAD]
    for role, (title, about) in TITLES.items():
        rows = [row(right["statement"], NEEDS[right["need"]], right["why"]) for right in rights(keyturn, role)]
        parts.append(f"## {title}\n\n{about}\n\n{table(rows)}")
    parts.append(f"{ROLES_OF_SERVICES}\n{table(of_services(parsed, why))}")
    parts.append(f"{TRUSTS}\n{trusts(parsed, why)}")
    return "\n".join(parts)
