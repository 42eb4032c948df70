"""A Secrets Manager, EC2, Systems Manager and IAM that answer what a test tells them, for input that is wrong before a rotation begins.

The lab is the world that works; here it is about replies that it never gives.
"""

import contextlib
import http.server
import json

import support

NO_INSTANCES = """<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet/></DescribeInstancesResponse>"""


class StubAws:
    def __init__(self):
        self.secrets = {"iamuser": "sql-backups-user", "sqluser": "keyturn", "sqlpass": "Pa55-word",
                        "bucketurl": "backups.s3.eu-central-1.amazonaws.com/sql", "sqlcredential": "placeholder"}
        self.refusal = None  # (status, code, message) for every call
        self.calls = []
        self.url = ""

    def answer(self, operation, body):
        self.calls.append(operation)
        if self.refusal:
            status, code, message = self.refusal
            return status, json.dumps({"__type": code, "message": message})
        if operation == "DescribeInstances":
            return 200, NO_INSTANCES
        if operation == "DescribeInstanceInformation":
            return 200, json.dumps({"InstanceInformationList": []})
        name = json.loads(body)["SecretId"]
        if name not in self.secrets:
            return 400, json.dumps({"__type": "ResourceNotFoundException",
                                    "Message": "Secrets Manager can't find the specified secret."})
        version = "11111111-1111-1111-1111-111111111111"
        if operation == "DescribeSecret":
            return 200, json.dumps({"Name": name, "ARN": "arn:x", "VersionIdsToStages": {version: ["AWSCURRENT"]}})
        assert operation == "GetSecretValue", operation
        return 200, json.dumps({"Name": name, "VersionId": version, "SecretString": self.secrets[name],
                                "VersionStages": ["AWSCURRENT"]})


@contextlib.contextmanager
def serving():
    stub = StubAws()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            target = self.headers.get("X-Amz-Target", "")
            operation = target.split(".")[-1] if target else dict(
                pair.split("=", 1) for pair in body.split("&"))["Action"]
            status, reply = stub.answer(operation, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply.encode())))
            self.end_headers()
            self.wfile.write(reply.encode())

        def log_message(self, *_):
            pass

    with support.serving(Handler) as stub.url:
        yield stub
