"""keyturn against ministack, an AWS emulator of other authors than moto's: what it holds at the end is read with boto3.

What ministack does otherwise than AWS: no limit of two keys, no date of last use, no paging; and its STS takes everybody for
root, so that keyturn would refuse each new key as somebody else's. An STS of the test's own, which asks ministack's IAM whose
key it is, stands in.
"""

import http.server
import re

import pytest

import emulator
from emulator import Account
from lab import NO_BACKUPS, Lab, server
from support import serving, venv_program

MINISTACK = venv_program("ministack")

LAB = NO_BACKUPS + server("sql01") + server("sql02", platform="linux") + server("sql03", credentials=[])


IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::000000000000:user/{user}</Arn><UserId>AIDAEXAMPLE</UserId><Account>000000000000</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


def sts_of(account):
    """GetCallerIdentity by the key that signed, in so far as it is one of the backup user's; else the emulator's root."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            key = re.search(r"Credential=(\w+)/", self.headers["Authorization"])[1]
            body = IDENTITY.format(user=emulator.USER if key in account.keys() else "somebody").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return serving(Handler)


@pytest.fixture
def world(tmp_path):
    """(account, lab, the first key)"""
    port = emulator.free_port()
    home = tmp_path / "ministack"
    home.mkdir()
    env = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(home), "HOME": str(home)}
    with Lab(config=LAB, folder=tmp_path) as running:
        with emulator.serving([MINISTACK], port, "/_ministack/health", env) as url:
            login = running.ready["targets"][0]
            account = Account(url)
            old_key = account.fill(login["login"], login["password"])
            with sts_of(account) as sts:
                account.environment["AWS_ENDPOINT_URL_STS"] = sts
                yield account, running, old_key


def test_a_key_is_turned_and_retired(world, tmp_path):
    account, lab, old_key = world
    new_key = emulator.turn_and_retire(account, lab, tmp_path, old_key)
    again = emulator.turn_and_retire(account, lab, tmp_path, new_key)
    assert len({old_key, new_key, again}) == 3


def test_a_key_of_somebody_else_is_never_given_to_a_target(world, tmp_path):
    """Without the stand-in: ministack says that every key is root's."""
    account, lab, old_key = world
    del account.environment["AWS_ENDPOINT_URL_STS"]
    before = lab.state()["targets"]
    ended = emulator.run_keyturn(account, lab, tmp_path, "rotate")
    assert ended.returncode != 0 and "not to the user sql-backups-user" in ended.stdout, ended.stdout
    assert lab.state()["targets"] == before
    assert account.staged()["AWSCURRENT"] == old_key


def test_a_key_that_a_person_made_is_left_alone(world, tmp_path):
    """Without the limit a third key can exist: it is reported, and nothing is done to it."""
    account, lab, old_key = world
    persons = account.client("iam").create_access_key(UserName=emulator.USER)["AccessKey"]["AccessKeyId"]
    ended = emulator.run_keyturn(account, lab, tmp_path, "rotate")
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert persons in ended.stdout
    assert account.keys()[persons] == "Active" and account.keys()[old_key] == "Active"
