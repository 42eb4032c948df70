"""Every request that keyturn can send to AWS, held against botocore's models of the services."""

import collections
import json
import os
import pathlib
import subprocess

import pytest

from request_models import Models
from support import ROOT

# What the roles that keyturn is given must allow, and what `keyturn doctor` asks where it may; nothing else is ever called.
EXPECTED = {
    "iam": {"ListAccessKeys", "GetAccessKeyLastUsed", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey",
            "SimulatePrincipalPolicy"},
    "sts": {"GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"},
    "secretsmanager": {"DescribeSecret", "ListSecretVersionIds", "GetSecretValue", "PutSecretValue",
                       "UpdateSecretVersionStage", "TagResource", "UntagResource"},
    "ec2": {"DescribeInstances"},
    "ssm": {"SendCommand", "ListCommands", "ListCommandInvocations", "GetCommandInvocation", "CancelCommand",
            "DescribeInstanceInformation", "GetDocument"},
    "kms": {"DescribeKey"},
    "s3": {"HeadBucket", "ListObjectsV2", "PutObject", "GetObject", "HeadObject", "DeleteObject", "CreateMultipartUpload", "UploadPart",
           "CompleteMultipartUpload", "AbortMultipartUpload"},
}
UNSIGNED = {"AssumeRoleWithWebIdentity"}


def requests_of_keyturn():
    build = pathlib.Path(os.environ.get("KEYTURN_BUILD_DIR", ROOT / "build/dev"))
    program = build / "src/aws/keyturn_aws_shapes"
    assert program.is_file(), f"{program} is not built; run make build"
    lines = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def requests():
    return requests_of_keyturn()


@pytest.fixture(scope="module")
def models():
    return Models()


def test_all_operations_are_there(requests):
    found = collections.defaultdict(set)
    for request in requests:
        found[request["service"]].add(request["operation"])
    assert found == EXPECTED


@pytest.mark.parametrize("service", EXPECTED)
def test_requests_are_as_the_model_says(requests, models, service):
    problems = {request["operation"]: models.problems(request) for request in requests if request["service"] == service}
    assert {name: found for name, found in problems.items() if found} == {}


def test_pages_are_asked_for(requests):
    """The printing transport answers each first page with a token: the second request carries it."""
    count = collections.Counter(request["operation"] for request in requests)
    for paged in ("ListAccessKeys", "SimulatePrincipalPolicy", "ListSecretVersionIds", "DescribeInstances", "ListCommands", "ListCommandInvocations"):
        assert count[paged] == 2
    assert count["DescribeInstanceInformation"] == 4  # by tags and by ids


def test_signatures_cover_what_they_must(requests):
    for request in requests:
        headers = {name.lower(): value for name, value in request["headers"].items()}
        if request["operation"] in UNSIGNED or request["operation"] == "GetCallerIdentity" and "authorization" not in headers:
            assert "authorization" not in headers
            continue
        algorithm, _, rest = headers["authorization"].partition(" ")
        fields = dict(part.split("=", 1) for part in rest.split(", "))
        date, region, service, end = fields["Credential"].split("/")[1:]
        assert (algorithm, region, service, end) == ("AWS4-HMAC-SHA256", "us-east-1", request["service"], "aws4_request")
        assert headers["x-amz-date"].startswith(date)
        signed = set(fields["SignedHeaders"].split(";"))
        assert signed >= {"host"} | {name for name in headers if name.startswith("x-amz-") or name == "content-type"}


def find(requests, operation):
    return json.loads(json.dumps(next(request for request in requests if request["operation"] == operation)))


@pytest.mark.parametrize("operation, change, said", [
    ("CreateAccessKey", ("body", "UserName=", "Username="), "Username is no parameter"),
    ("UpdateAccessKey", ("body", "Status=Inactive", "Status=Off"), "is none of"),
    ("UpdateAccessKey", ("body", "Version=2010-05-08", "Version=2010-05-09"), "Version"),
    ("DeleteAccessKey", ("body", "&AccessKeyId=AKIAIOSFODNN7EXAMPLE", ""), 'Missing required parameter in input: "AccessKeyId"'),
    ("DeleteAccessKey", ("body", "AccessKeyId=AKIA", "AccessKeyId=AKIA%27"), "does not match"),
    ("AssumeRole", ("body", "DurationSeconds=900", "DurationSeconds=15m"), "is no integer"),
    ("PutSecretValue", ("body", '"SecretString"', '"SecretText"'), "SecretText"),
    ("PutSecretValue", ("body", '"01234567-89ab', '"0123'), "ClientRequestToken"),
    ("PutSecretValue", ("body", '["AWSPENDING"]', '"AWSPENDING"'), "Invalid type"),
    ("DescribeInstances", ("body", "Filter.2.Name", "Filter.3.Name"), "sent twice"),
    ("DescribeInstances", ("body", "Filter.1.Value.1", "Filter.1.Values.1"), "Values is no parameter"),
    ("DescribeInstances", ("body", "Filter.1.Value.1", "Filter.1.Value.2"), "numbered from 1"),
    ("SendCommand", ("body", '"InstanceIds"', '"InstanceId"'), "InstanceId"),
    ("SendCommand", ("body", '"TimeoutSeconds":3600', '"TimeoutSeconds":3'), "TimeoutSeconds"),
    ("SendCommand", ("body", '["apply"]', '"apply"'), "Invalid type"),
    ("ListCommands", ("body", '"key":"InvokedAfter"', '"key":"After"'), "After"),
    ("ListCommandInvocations", ("body", '"MaxResults":50', '"MaxResults":51'), "MaxResults"),
    ("DescribeInstanceInformation", ("body", '"Values"', '"Value"'), "Value"),
    ("UploadPart", ("target", "partNumber", "part-number"), "are no query parameters"),
    ("UploadPart", ("method", "PUT", "POST"), "PUT is right"),
    ("ListObjectsV2", ("target", "list-type=2", "list-type=1"), "list-type=2"),
    ("CompleteMultipartUpload", ("body", "<PartNumber>1</PartNumber>", "<Number>1</Number>"), "Number is no element"),
])
def test_a_planted_mistake_is_found(requests, models, operation, change, said):
    request = find(requests, operation)
    member, right, wrong = change
    assert right in request[member]
    request[member] = request[member].replace(right, wrong, 1)
    assert said in "\n".join(models.problems(request))


def test_a_planted_operation_and_header_are_found(requests, models):
    request = find(requests, "TagResource")
    assert models.problems(request | {"operation": "TagResources"}) == ["secretsmanager has no operation TagResources"]
    request["headers"]["X-Amz-Target"] = "secretsmanager.UntagResource"
    assert "x-amz-target" in models.problems(request)[0]
