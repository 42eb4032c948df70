#!/usr/bin/env python3
"""Writes sigv4.json beside this file: requests signed by botocore, for src/aws/signing_test.cc.

Run with botocore installed (pip install botocore); the output is committed, so that the build needs neither.
"""

import datetime
import json
import pathlib
from unittest import mock

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

NOW = datetime.datetime(2015, 8, 30, 12, 36, 0, tzinfo=datetime.timezone.utc)
KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON_11 = {"Content-Type": "application/x-amz-json-1.1"}
S3_HOST = "https://my-bkt.s3.eu-central-1.amazonaws.com"

# name, service, region, method, url, headers, body, session token
CASES = [
    ("iam form post", "iam", "us-east-1", "POST", "https://iam.amazonaws.com/", FORM,
     "Action=CreateAccessKey&Version=2010-05-08&UserName=sql-backups", None),
    ("sts with token", "sts", "cn-north-1", "POST", "https://sts.cn-north-1.amazonaws.com.cn/", FORM,
     "Action=GetCallerIdentity&Version=2011-06-15", "TOKEN/with+signs=="),
    ("json with target", "secretsmanager", "us-gov-west-1", "POST",
     "https://secretsmanager.us-gov-west-1.amazonaws.com/",
     {**JSON_11, "X-Amz-Target": "secretsmanager.GetSecretValue"}, '{"SecretId":"s\u00e9cret"}', None),
    ("port of an emulator", "secretsmanager", "us-east-1", "POST", "http://127.0.0.1:5000/",
     {**JSON_11, "X-Amz-Target": "secretsmanager.DescribeSecret"}, "{}", None),
    ("default port is left out", "ec2", "us-east-1", "POST", "https://ec2.us-east-1.amazonaws.com:443/", FORM,
     "Action=DescribeInstances&Version=2016-11-15", None),
    ("unsigned headers", "ec2", "us-east-1", "POST", "https://ec2.us-east-1.amazonaws.com/",
     {**FORM, "User-Agent": "keyturn/1", "Expect": "100-continue"}, "Action=DescribeInstances", None),
    ("blanks in header values", "iam", "us-east-1", "GET", "https://iam.amazonaws.com/?b=2&a=1&a=0",
     {"X-One": "  a   b  ", "X-One-More": "c"}, "", None),
    ("path encoded twice", "lambda", "eu-west-1", "POST",
     "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3A1%3Af/invocations", {}, "{}",
     None),
    ("path normalised", "execute-api", "eu-west-1", "GET", "https://example.amazonaws.com/a//b/./c/../d/", {}, "",
     None),
    ("s3 list", "s3", "eu-central-1", "GET", S3_HOST + "/?list-type=2&max-keys=0", {}, "", None),
    ("s3 query without value", "s3", "eu-central-1", "POST", S3_HOST + "/full/db.bak?uploads=", {}, "", None),
    ("s3 put with odd key", "s3", "eu-central-1", "PUT",
     S3_HOST + "/a%20b/%C3%BC%2Bx/../y//db%5B1%5D.bak?partNumber=1&uploadId=a%2Bb", {}, "part", "TOKEN"),
    ("s3 path style with port", "s3", "us-east-1", "HEAD", "https://minio.example.com:9000/backups", {}, "", None),
]


def sign(name, service, region, method, url, headers, body, token):
    signer_type = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body.encode())
    signer = signer_type(Credentials(KEY_ID, SECRET, token), service, region)
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW, create=True):
        signer.add_auth(request)
    sent = HTTPHeaders.from_dict(dict(request.headers.items()))
    return {"name": name, "service": service, "region": region, "method": method, "url": url,
            "headers": list(headers.items()), "body": body, "token": token or "",
            "amz_date": sent["X-Amz-Date"], "authorization": sent["Authorization"]}


def main():
    vectors = {"generator": f"make_sigv4_vectors.py, botocore {botocore.__version__}",
               "access_key_id": KEY_ID, "secret_access_key": SECRET, "now": "2015-08-30T12:36:00Z",
               "cases": [sign(*case) for case in CASES]}
    assert all(case["amz_date"] == "20150830T123600Z" for case in vectors["cases"])
    path = pathlib.Path(__file__).with_name("sigv4.json")
    path.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
