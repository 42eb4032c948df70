"""AWS's own clients against the lab's AWS: what they send must be understood, what they get must be understood by them."""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import pytest

from lab import QUIET, Lab, server
from support import keyturn_lab, package, venv_program

boto3 = package("boto3")
botocore_config = package("botocore.config")
exceptions = package("botocore.exceptions")
parsers = package("botocore.parsers")
transfer = package("boto3.s3.transfer")

USER = "sql-backups-user"
BUCKET = "sql-backups-2022"
CONFIG = QUIET + server("only") + server("second", instance="PAYROLL")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(config=CONFIG, folder=tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def aws(lab):
    """Clients of the lab's operator."""
    return clients(lab, lab.env["AWS_ACCESS_KEY_ID"], lab.env["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture
def backup(lab):
    """Clients of the user whose key the servers hold."""
    operator = clients(lab, lab.env["AWS_ACCESS_KEY_ID"], lab.env["AWS_SECRET_ACCESS_KEY"])
    key_id, secret = operator("secretsmanager").get_secret_value(SecretId="sqlcredential")["SecretString"].split(":")
    return clients(lab, key_id, secret)


def clients(lab, key_id, secret, token=None, region="us-east-1"):
    session = boto3.Session(key_id, secret, token, region)

    def client(service, **settings):
        config = botocore_config.Config(retries={"total_max_attempts": 1}, read_timeout=3, proxies={}, **settings)
        return session.client(service, endpoint_url=lab.url, config=config, verify=lab.env.get("AWS_CA_BUNDLE"))

    return client


def code_of(refused):
    return refused.value.response["Error"]["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def refusal(call, **arguments):
    with pytest.raises(exceptions.ClientError) as refused:
        call(**arguments)
    return code_of(refused)


def test_access_keys_live_and_die(aws, lab):
    iam = aws("iam")
    assert iam.get_user(UserName=USER)["User"]["Arn"].endswith(f":user/{USER}")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == [USER]
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    assert (len(made["AccessKeyId"]), len(made["SecretAccessKey"])) == (20, 40)
    assert refusal(iam.create_access_key, UserName=USER) == ("LimitExceeded", 409)
    pages = iam.get_paginator("list_access_keys").paginate(UserName=USER, PaginationConfig={"PageSize": 1})
    listed = [key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"]]
    assert len(listed) == 2 and listed[1] == made["AccessKeyId"]

    its_own = clients(lab, made["AccessKeyId"], made["SecretAccessKey"])
    assert iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert its_own("sts").get_caller_identity()["Arn"].endswith(f":user/{USER}")
    used = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert used["UserName"] == USER and used["AccessKeyLastUsed"]["ServiceName"] == "sts"

    iam.update_access_key(UserName=USER, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert refusal(its_own("sts").get_caller_identity) == ("InvalidClientTokenId", 403)
    assert refusal(its_own("s3").list_objects_v2, Bucket=BUCKET) == ("InvalidAccessKeyId", 403)
    assert refusal(its_own("secretsmanager").list_secrets) == ("UnrecognizedClientException", 400)
    assert refusal(its_own("ec2").describe_instances) == ("AuthFailure", 401)
    iam.update_access_key(UserName=USER, AccessKeyId=made["AccessKeyId"], Status="Active")
    assert its_own("s3").list_objects_v2(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 200
    iam.delete_access_key(UserName=USER, AccessKeyId=made["AccessKeyId"])
    assert refusal(its_own("s3").list_objects_v2, Bucket=BUCKET) == ("InvalidAccessKeyId", 403)
    assert refusal(iam.delete_access_key, UserName=USER, AccessKeyId=made["AccessKeyId"]) == ("NoSuchEntity", 404)
    assert refusal(iam.list_access_keys, UserName="nobody") == ("NoSuchEntity", 404)


def test_a_wrong_secret_is_refused_by_each_service_in_its_own_words(lab):
    wrong = clients(lab, lab.env["AWS_ACCESS_KEY_ID"], "wrong" * 8)
    assert refusal(wrong("sts").get_caller_identity) == ("SignatureDoesNotMatch", 403)
    assert refusal(wrong("iam").list_users) == ("SignatureDoesNotMatch", 403)
    assert refusal(wrong("secretsmanager").list_secrets) == ("InvalidSignatureException", 400)
    assert refusal(wrong("ec2").describe_instances) == ("AuthFailure", 401)
    assert refusal(wrong("s3").list_buckets) == ("SignatureDoesNotMatch", 403)


def test_the_backup_user_may_only_use_its_bucket(backup):
    assert refusal(backup("iam").list_access_keys, UserName=USER) == ("AccessDenied", 403)
    assert refusal(backup("secretsmanager").get_secret_value, SecretId="sqlpass") == ("AccessDeniedException", 400)
    assert refusal(backup("ec2").describe_instances) == ("UnauthorizedOperation", 403)
    assert refusal(backup("s3").delete_object, Bucket=BUCKET, Key="x") == ("AccessDenied", 403)


def test_roles_are_assumed(aws, lab):
    made = aws("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/keyturn", RoleSessionName="night")
    keys = made["Credentials"]
    role = clients(lab, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert role("sts").get_caller_identity()["Arn"] == made["AssumedRoleUser"]["Arn"]
    without_token = clients(lab, keys["AccessKeyId"], keys["SecretAccessKey"])
    assert refusal(without_token("sts").get_caller_identity) == ("InvalidClientTokenId", 403)
    assert refusal(aws("sts").assume_role, RoleArn="arn:aws:iam::111122223333:role/other",
                   RoleSessionName="night") == ("AccessDenied", 403)


def test_secret_versions_and_stages(aws):
    secrets = aws("secretsmanager")
    name = f"made-{uuid.uuid4()}"
    first = secrets.create_secret(Name=name, SecretString="one", Tags=[{"Key": "a", "Value": "1"}])["VersionId"]
    assert refusal(secrets.create_secret, Name=name, SecretString="two") == ("ResourceExistsException", 400)
    token = str(uuid.uuid4())
    put = dict(SecretId=name, ClientRequestToken=token, VersionStages=["AWSPENDING"])
    assert secrets.put_secret_value(SecretString="two", **put)["VersionId"] == token
    assert secrets.put_secret_value(SecretString="two", **put)["VersionStages"] == ["AWSPENDING"]
    assert refusal(secrets.put_secret_value, SecretString="three", **put) == ("ResourceExistsException", 400)
    move = dict(SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=token)
    assert refusal(secrets.update_secret_version_stage, **move) == ("InvalidParameterException", 400)
    secrets.update_secret_version_stage(RemoveFromVersionId=first, **move)
    assert refusal(secrets.update_secret_version_stage, RemoveFromVersionId=str(uuid.uuid4()),
                   **move) == ("ResourceNotFoundException", 400)
    stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    assert {v: sorted(s) for v, s in stages.items()} == {first: ["AWSPREVIOUS"], token: ["AWSCURRENT", "AWSPENDING"]}
    secrets.update_secret_version_stage(SecretId=name, VersionStage="AWSPENDING", RemoveFromVersionId=token)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert secrets.update_secret(SecretId=name, SecretString="four")["VersionId"] not in (first, token)

    def versions(**arguments):
        found, more = [], {}
        while True:
            page = secrets.list_secret_version_ids(SecretId=name, MaxResults=1, **arguments, **more)
            found += page["Versions"]
            if "NextToken" not in page:
                return len(found)
            more = {"NextToken": page["NextToken"]}

    assert versions() == 2 and versions(IncludeDeprecated=True) == 3
    secrets.tag_resource(SecretId=name, Tags=[{"Key": "b", "Value": "2"}])
    secrets.untag_resource(SecretId=name, TagKeys=["a"])
    assert secrets.describe_secret(SecretId=name)["Tags"] == [{"Key": "b", "Value": "2"}]
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert refusal(secrets.get_secret_value, SecretId=name) == ("InvalidRequestException", 400)
    secrets.restore_secret(SecretId=name)
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert refusal(secrets.get_secret_value, SecretId=name) == ("ResourceNotFoundException", 400)
    pages = secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2})
    names = [secret["Name"] for page in pages for secret in page["SecretList"]]
    assert names == ["bucketurl", "iamuser", "sqlcredential", "sqlpass", "sqluser"]


def test_instances_tagged_and_untagged(aws):
    ec2 = aws("ec2")
    every = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    assert [bool(instance.get("Tags")) for instance in every] == [False, False, True, True]
    assert all(instance["State"]["Name"] == "running" for instance in every)
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "tag:SQL", "Values": ["2022"]}, {"Name": "instance-state-name", "Values": ["running"]}])
    tagged = [i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]]
    assert tagged == [instance["InstanceId"] for instance in every[2:]]
    assert refusal(ec2.describe_instances, InstanceIds=["i-00000000000000000"]) == ("InvalidInstanceID.NotFound", 400)


def test_objects_small_and_large(backup):
    s3 = backup("s3")
    assert s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
    key = "backups/a b/ü+&.bak"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"0123456789")
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"0123456789"
    part = s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=2-4")
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=-2")["Body"].read() == b"89"
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 10
    large = os.urandom(300_000)
    with_parts = s3.create_multipart_upload(Bucket=BUCKET, Key="backups/large")["UploadId"]
    named = dict(Bucket=BUCKET, Key="backups/large", UploadId=with_parts)
    parts = [{"PartNumber": n, "ETag": s3.upload_part(PartNumber=n, Body=large[(n - 1) * 100_000:n * 100_000],
                                                      **named)["ETag"]} for n in (1, 2, 3)]
    assert s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **named)["ETag"].endswith('-3"')
    assert s3.get_object(Bucket=BUCKET, Key="backups/large")["Body"].read() == large
    assert refusal(s3.upload_part, PartNumber=1, Body=b"x", **named) == ("NoSuchUpload", 404)
    aborted = s3.create_multipart_upload(Bucket=BUCKET, Key="backups/aborted")["UploadId"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="backups/aborted", UploadId=aborted)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="backups/",
                                                          PaginationConfig={"PageSize": 1})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == [key, "backups/large"]
    folded = s3.list_objects_v2(Bucket=BUCKET, Prefix="backups/", Delimiter="/")
    assert [p["Prefix"] for p in folded["CommonPrefixes"]] == ["backups/a b/"]
    assert len(s3.list_objects(Bucket=BUCKET)["Contents"]) == 2
    assert refusal(s3.get_object, Bucket=BUCKET, Key="none") == ("NoSuchKey", 404)
    assert refusal(s3.head_object, Bucket=BUCKET, Key="none") == ("404", 404)


def test_the_operator_cleans_up(aws):
    s3 = aws("s3")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    assert refusal(s3.head_object, Bucket=BUCKET, Key="gone") == ("404", 404)
    assert refusal(s3.head_bucket, Bucket="no-such-bucket") == ("404", 404)


def test_presigned_urls(backup):
    # Without a word, boto3 presigns for a custom endpoint with the signature of version 2.
    s3 = backup("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "presigned"}, ExpiresIn=60)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data=b"body", method="PUT")) as reply:
        assert reply.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(urllib.request.Request(url.replace("presigned", "another"), data=b"body", method="PUT"))
    assert refused.value.code == 403


def test_a_bucket_is_addressed_in_its_region(lab):
    elsewhere = clients(lab, lab.env["AWS_ACCESS_KEY_ID"], lab.env["AWS_SECRET_ACCESS_KEY"], region="eu-west-1")
    status, _ = lab.control("GET", "faults")
    assert status == 200
    # boto3 follows the region that the first refusal states.
    assert elsewhere("s3").head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 200
    operations = [(c["operation"], c["outcome"]) for c in lab.state()["calls"][-2:]]
    assert operations == [("HeadBucket", "AuthorizationHeaderMalformed"), ("HeadBucket", "ok")]


def test_the_aws_cli_speaks_with_it(lab, tmp_path):
    program = venv_program("aws")

    def cli(*arguments):
        return subprocess.run([program, *arguments, "--output", "json"], env=lab.client_environment(), text=True,
                              capture_output=True, timeout=120)

    def answer(*arguments):
        done = cli(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    assert answer("sts", "get-caller-identity")["Account"] == "111122223333"
    assert len(answer("iam", "list-access-keys", "--user-name", USER)["AccessKeyMetadata"]) == 1
    assert answer("secretsmanager", "get-secret-value", "--secret-id", "iamuser")["SecretString"] == USER
    assert len(answer("ec2", "describe-instances", "--page-size", "5")["Reservations"]) == 4
    local = tmp_path / "file.bin"
    local.write_bytes(os.urandom(9_000_000))  # above the CLI's threshold for multipart
    assert cli("s3", "cp", str(local), f"s3://{BUCKET}/cli/file.bin").returncode == 0
    assert answer("s3api", "head-object", "--bucket", BUCKET, "--key", "cli/file.bin")["ContentLength"] == 9_000_000
    refused = cli("iam", "list-access-keys", "--user-name", "nobody")
    assert refused.returncode != 0 and "NoSuchEntity" in refused.stderr


def test_faults_as_boto3_meets_them(aws, lab):
    iam = aws("iam")

    def with_fault(kind, **more):
        status, listed = lab.control("POST", "faults", [{"match": "iam:GetUser", "kind": kind, **more}])
        assert status == 200 and listed[-1]["kind"] == kind

    with_fault("refuse")
    assert refusal(iam.get_user, UserName=USER) == ("AccessDenied", 403)
    with_fault("throttle")
    assert refusal(iam.get_user, UserName=USER) == ("Throttling", 400)
    with_fault("error_5xx")
    assert refusal(iam.get_user, UserName=USER) == ("ServiceFailure", 500)
    with_fault("reply_lost")
    with pytest.raises(exceptions.ConnectionClosedError):
        iam.get_user(UserName=USER)
    with_fault("cut")
    with pytest.raises(parsers.ResponseParserError):  # botocore does not see that bytes are missing
        iam.get_user(UserName=USER)
    with_fault("hang")
    with pytest.raises(exceptions.ReadTimeoutError):
        iam.get_user(UserName=USER)
    with_fault("delay", delay_s=0.2, skip=1)
    assert iam.get_user(UserName=USER) and iam.get_user(UserName=USER)
    outcomes = [call["outcome"] for call in lab.state()["calls"] if call["operation"] == "GetUser"][-8:]
    assert outcomes == ["fault:refuse", "fault:throttle", "fault:error_5xx", "fault:reply_lost", "fault:cut",
                        "fault:hang", "ok", "fault:delay"]
    assert lab.control("DELETE", "faults") == (200, [])


@pytest.mark.parametrize("body, says", [
    (b"{", "can't be understood"),
    ({"match": "iam:GetUser", "kind": "refuse"}, "given as a list"),
    ([{"match": "iam:GetUser", "kind": "explode"}], "\"kind\" must be"),
    ([{"match": "GetUser", "kind": "refuse"}], "\"match\" must be"),
    ([{"match": "iam:GetUsers", "kind": "refuse"}], "Nothing here is called iam:GetUsers."),
    ([{"match": "tds:nobody:login", "kind": "refuse"}], "Nothing here is called tds:nobody:login."),
    ([{"match": "tds:only:select", "kind": "refuse"}], "Nothing here is called tds:only:select."),
    ([{"match": "sqs:*", "kind": "refuse"}], "Nothing here is called sqs:*."),
    ([{"match": "iam:GetUser", "kind": "refuse", "counts": 1}], "has no member \"counts\""),
    ([{"match": "iam:GetUser", "kind": "refuse", "count": 0}], "\"count\" 1 or more"),
    ([{"match": "iam:GetUser", "kind": "delay"}], "needs \"delay_s\""),
    ([{"match": "iam:GetUser", "kind": "refuse", "skip": "1"}], "must be a whole number"),
])
def test_bad_faults_are_refused_with_a_sentence(lab, body, says):
    status, answer = lab.control("POST", "faults", body)
    assert status == 400 and says in answer["error"]
    assert lab.control("GET", "faults") == (200, [])


def test_targets_stop_start_and_join(lab, aws):
    ec2_states = lambda: [i["State"]["Name"] for r in aws("ec2").describe_instances()["Reservations"]
                          for i in r["Instances"]]
    port = next(t["port"] for t in lab.ready["targets"] if t["name"] == "only")
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert lab.control("POST", "targets/only", {"action": "stop"}) == (200, {"name": "only", "running": False, "port": port})
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert ec2_states() == ["running", "running", "stopped", "running"]
    assert lab.control("POST", "targets/only", {"action": "start"})[1]["port"] == port
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert ec2_states()[2] == "running"
    status, added = lab.control("POST", "targets/third", {"action": "add", "instance": "X3", "platform": "linux"})
    assert status == 200 and added["running"] and added["port"] > 0
    assert "third" in pathlib.Path(lab.ready["keyturn_config"]).read_text()
    assert [target["name"] for target in lab.state()["targets"]] == ["only", "second", "third"]
    for name, body, expected, says in [("none", {"action": "stop"}, 404, "no target called none"),
                                       ("only", {"action": "add"}, 400, "already a target"),
                                       ("only", {"action": "burn"}, 400, "The body must be"),
                                       ("new", {"action": "add", "instance": "x3"}, 400, "already that of the target third"),
                                       ("new", {"action": "add", "machine": "ONLY", "platform": "windows"}, 400,
                                        "The machine ONLY runs linux"),
                                       ("new", {"action": "add", "platform": "os/2"}, 400, "must be windows or linux"),
                                       ("new", {"action": "add", "colour": 1}, 400, "no member \"colour\"")]:
        status, answer = lab.control("POST", f"targets/{name}", body)
        assert (status, says in answer["error"]) == (expected, True), answer


def test_the_state_tells_the_whole_truth(lab, aws):
    state = lab.state()
    assert {"iam", "secrets", "targets", "hosts", "commands", "calls"} <= set(state)
    (key,) = state["iam"][USER]
    assert set(key) == {"access_key_id", "status", "created_at", "last_used_at"} and key["status"] == "Active"
    (version,) = state["secrets"]["sqlcredential"]
    assert version["access_key_id"] == key["access_key_id"] and version["stages"] == ["AWSCURRENT"]
    only = next(target for target in state["targets"] if target["name"] == "only")
    (credential,) = only["credentials"]
    assert credential["name"] == "s3://sql-backups-2022.s3.us-east-1.amazonaws.com/backups"
    assert credential["access_key_id"] == key["access_key_id"]
    assert set(only["backups"]) == {"succeeded", "failed", "last_error"}
    secret = aws("secretsmanager").get_secret_value(SecretId="sqlcredential")["SecretString"].split(":")[1]
    assert secret not in json.dumps(lab.state())
    assert lab.control("GET", "nowhere")[0] == 404
    assert lab.control("PUT", "state", {})[0] == 405


def test_tls_with_the_labs_own_authority(tmp_path):
    with Lab("--tls", config=CONFIG, folder=tmp_path) as running:
        assert running.url.startswith("https://127.0.0.1:")
        assert running.env["AWS_CA_BUNDLE"] == running.ready["ca_bundle"]
        operator = clients(running, running.env["AWS_ACCESS_KEY_ID"], running.env["AWS_SECRET_ACCESS_KEY"])
        assert operator("sts").get_caller_identity()["Account"] == "111122223333"
        # Over TLS boto3 streams uploads unsigned, with a trailing checksum.
        transfer_config = transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
        source = tmp_path / "body.bin"
        source.write_bytes(os.urandom(11 << 20))
        operator("s3").upload_file(str(source), BUCKET, "streamed", Config=transfer_config)
        assert operator("s3").head_object(Bucket=BUCKET, Key="streamed")["ContentLength"] == 11 << 20
        with pytest.raises(exceptions.SSLError):
            boto3.Session("AKIA", "x", None, "us-east-1").client("sts", endpoint_url=running.url).get_caller_identity()
    assert not pathlib.Path(running.ready["keyturn_config"]).parent.exists()


def test_the_command_line(tmp_path):
    run = lambda *arguments: subprocess.run([keyturn_lab(), *arguments], text=True, capture_output=True, timeout=30)
    assert "up" in run("--help").stdout
    assert run("--version").stdout.startswith("keyturn-lab ")
    assert run().returncode == 2
    assert run("up", "--config", str(tmp_path / "none.toml")).returncode == 2
    bad = tmp_path / "bad.toml"
    bad.write_text("[aws]\nregoin = \"x\"\n")
    refused = run("up", "--config", str(bad))
    assert refused.returncode == 2 and f"{bad}:2: there is no setting \"aws.regoin\"" in refused.stderr


def test_backups_run_until_they_are_stopped(tmp_path):
    with Lab(config=CONFIG.replace("running = false", "running = true\ninterval = \"1h\""), folder=tmp_path) as running:
        def counters():
            return [target["backups"] for target in running.state()["targets"]]

        assert running.control("POST", "backups", {"action": "start", "interval_s": 0.05}) == (200, {"running": True})
        for _ in range(100):
            if all(target["succeeded"] >= 2 for target in counters()):
                break
            time.sleep(0.1)
        assert all(target["succeeded"] >= 2 and target["failed"] == 0 for target in counters()), counters()
        assert running.control("POST", "backups", {"action": "stop"}) == (200, {"running": False})
        before = counters()
        time.sleep(0.5)
        assert counters() == before
        uploads = {call["by"] for call in running.state()["calls"] if call["operation"] == "CompleteMultipartUpload"}
        assert uploads == {running.state()["iam"][USER][0]["access_key_id"]}
        assert running.control("POST", "backups", {"action": "begin"})[0] == 400
        assert running.control("POST", "backups", {"action": "start", "interval_s": 0})[0] == 400
