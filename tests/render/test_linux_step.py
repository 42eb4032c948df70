"""The Linux step of the Command document, run by a shell as the SSM agent does, on every path that it can take."""

import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import tarfile
import zipfile

import documents
import pytest
import support

jsonschema = support.package("jsonschema")

VERSION = "0d6ef3c2-1f1e-4c55-9d4e-5a5f7f6f0f11"
APPLY = {"Mode": "apply", "VersionId": VERSION, "Stage": "pending", "NotAfter": "2026-11-23T17:00:00Z"}
SCHEMA = json.loads((support.ROOT / "docs/schemas/host.schema.json").read_text())

# What every Linux has; the AWS CLI, curl, unzip and Python are put there by a test.
TOOLS = ("chmod cut date find mkdir mktemp mv rm sha256sum tr uname tar gzip cat dirname sh env cp ln").split()

# Says how it was called, and ends as it is told.
KEYTURN = r"""#!/bin/sh
printf 'called %s' "$0"
for word in "$@"; do printf ' <%s>' "$word"; done
printf '\nregion %s\n' "${AWS_REGION:-}"
exit "${FAKE_STATUS:-0}"
"""

AWS = r"""#!/bin/sh
echo "aws $*" >> "$CALLS"
[ "$1 $2 $3" = 's3 cp --only-show-errors' ] || exit 2
[ -z "${FAKE_DENIED:-}" ] || { echo 'fatal error: An error occurred (403) "Forbidden"' >&2; exit 1; }
echo 'a word on stdout'
cp "$PACKAGE" "$5"
"""

CURL = r"""#!/bin/sh
echo "curl $*" >> "$CALLS"
while [ "$1" != --output ]; do shift; done
cp "$PACKAGE" "$2"
"""


class Host:
    """A folder that stands for a host's root, with the few programs that the step may use."""

    def __init__(self, root, shell, document):
        self.root = root
        self._shell = shell
        self._document = document
        self.bin = root / "tools"
        self.calls_file = root / "calls"
        self.cache = root / "var/cache/keyturn"
        self.package = root / "offered"
        self.bin.mkdir()
        self.calls_file.touch()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin"))

    def put(self, path, text, mode=0o755):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def has(self, *tools):
        for tool in tools:
            (self.bin / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin"))

    def offers(self, content):
        """There is a package to fetch; answers its SHA-256."""
        self.package.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def run(self, values=None, environment=None):
        script = self.root / "_script.sh"
        script.write_text(documents.script(self._document, "Linux", **(values or {})))
        return subprocess.run(
            [*self._shell, str(script)], capture_output=True, text=True, timeout=60, check=False, cwd=self.root,
            env={"PATH": str(self.bin), "KEYTURN_HOST_ROOT": str(self.root), "CALLS": str(self.calls_file),
                 "PACKAGE": str(self.package)} | (environment or {}))

    @property
    def calls(self):
        return self.calls_file.read_text().splitlines()


SHELLS = [["dash"], ["bash", "--posix"]]


@pytest.fixture(scope="module", name="document")
def _document():
    return documents.render("ssm-command")


@pytest.fixture(name="host", params=SHELLS, ids=lambda shell: shell[0])
def _host(request, tmp_path, document):
    return Host(tmp_path, [shutil.which(request.param[0]), *request.param[1:]], document)


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return stream.getvalue()


def tarred(**files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def from_bucket(sha256, name="keyturn.zip"):
    return {"PackageUrl": f"s3://tools/{name}", "PackageSha256": sha256}


def refusal(result):
    """What the controller is shown: one report, and nothing else on stdout."""
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    jsonschema.validate(report, SCHEMA)
    assert report["outcome"] == "failed" and report["instances"] == []
    return report["reason"]


def called(result, program=None):
    assert result.stdout.startswith("called "), result.stdout + result.stderr
    assert program is None or result.stdout.split()[1] == str(program)
    return re.findall("<(.*?)>", result.stdout)


# --- the script itself ---


def test_shellcheck_finds_nothing(document, tmp_path):
    script = tmp_path / "step.sh"
    script.write_text(documents.script(document, "Linux"))
    result = subprocess.run(["shellcheck", "--severity=style", str(script)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("shell", [["dash", "-n"], ["bash", "--posix", "-n"]], ids=lambda shell: shell[0])
def test_shells_can_read_it(document, tmp_path, shell):
    script = tmp_path / "step.sh"
    script.write_text(documents.script(document, "Linux"))
    result = subprocess.run([*shell, str(script)], capture_output=True, text=True, check=False)
    assert result.returncode == 0 and result.stderr == ""


# --- installed ---


@pytest.mark.parametrize("place", ["usr/local/bin/keyturn", "usr/bin/keyturn", "opt/keyturn/bin/keyturn", "tools/keyturn"])
def test_finds_what_is_installed(host, place):
    program = host.put(place, KEYTURN)
    result = host.run()
    assert called(result, program)[:3] == ["apply", "--output", "json"]
    assert result.returncode == 0 and host.calls == []


def test_the_installed_one_goes_before_the_package(host):
    program = host.put("usr/bin/keyturn", KEYTURN)
    called(host.run(from_bucket("0" * 64)), program)
    assert host.calls == []


def test_what_can_not_be_run_is_not_installed(host):
    host.put("usr/local/bin/keyturn", KEYTURN, mode=0o644)
    (host.root / "usr/bin/keyturn").mkdir(parents=True)
    program = host.put("opt/keyturn/bin/keyturn", KEYTURN)
    called(host.run(), program)


def test_check_needs_no_version(host):
    host.put("usr/bin/keyturn", KEYTURN)
    words = called(host.run())
    assert words[-1] == "--check" and "--version-id" not in words


def test_apply_names_version_stage_and_time(host):
    host.put("usr/bin/keyturn", KEYTURN)
    words = called(host.run(APPLY | {"BucketUrls": ["s3://a/b", "s3://c/d"], "CredentialPatterns": ["s3://a/*"]}))
    assert "--check" not in words
    assert words[-12:] == ["--bucket-url", "s3://a/b", "--bucket-url", "s3://c/d", "--credential-pattern", "s3://a/*",
                           "--version-id", VERSION, "--stage", "pending", "--not-after", "2026-11-23T17:00:00Z"]


@pytest.mark.parametrize("status, answered", [*((n, n) for n in (0, 1, 2, 3, 4, 5, 127, 137)), (194, 1)])
def test_the_exit_status_is_keyturns(host, status, answered):
    """Only not 194, which would have the agent reboot the host and run the script again."""
    host.put("usr/bin/keyturn", KEYTURN)
    result = host.run(APPLY, {"FAKE_STATUS": str(status)})
    assert result.returncode == answered
    called(result)


@pytest.mark.parametrize("given, region", [
    ({"AWS_SSM_REGION_NAME": "eu-west-1"}, "eu-west-1"),
    ({"AWS_SSM_REGION_NAME": "eu-west-1", "AWS_REGION": "eu-west-3"}, "eu-west-3"),
    ({"AWS_SSM_REGION_NAME": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-3"}, ""),
    ({}, ""),
])
def test_the_agents_region_is_the_last_resort(host, given, region):
    host.put("usr/bin/keyturn", KEYTURN)
    assert host.run({}, given).stdout.splitlines()[1] == f"region {region}"


# --- fetched ---


def test_neither_installed_nor_offered(host):
    for values, command, version in ((APPLY, "apply", VERSION), ({}, "check", None)):
        result = host.run(values)
        assert "names no package" in refusal(result)
        report = json.loads(result.stdout)
        assert (report["command"], report.get("version_id")) == (command, version)


def test_nothing_is_run_unchecked(host):
    host.put("tools/aws", AWS)
    assert "without PackageSha256" in refusal(host.run({"PackageUrl": "s3://tools/keyturn.zip"}))
    assert host.calls == []


@pytest.mark.parametrize("name, content, tool", [
    ("keyturn.zip", zipped(bin__keyturn=KEYTURN), "unzip"),
    ("keyturn.zip", zipped(bin__keyturn=KEYTURN), "python3"),
    ("keyturn.tar.gz", tarred(bin__keyturn=KEYTURN), None),
    ("keyturn.tgz", tarred(bin__keyturn=KEYTURN), None),
])
def test_fetches_checks_and_runs_the_package(host, name, content, tool):
    host.put("tools/aws", AWS)
    if tool:
        host.has(tool)
    result = host.run(APPLY | from_bucket(host.offers(content), name), {"FAKE_STATUS": "3"})
    assert called(result)[-6:] == ["--version-id", VERSION, "--stage", "pending", "--not-after", "2026-11-23T17:00:00Z"]
    assert result.returncode == 3
    assert [call.rsplit(" ", 1)[0] for call in host.calls] == [f"aws s3 cp --only-show-errors s3://tools/{name}"]
    assert "a word on stdout" in result.stderr


LOADER = """#!/bin/sh
printf 'loader %s %s\\n' "$1" "$2"
printf 'odbc %s gconv %s ca %s\\n' "$ODBCSYSINI" "$GCONV_PATH" "$SSL_CERT_FILE"
shift 2
exec "$@"
"""
# Laid out as `make lambda` does it.
WHOLE = {"bin__keyturn": KEYTURN, "lib__ld-linux-x86-64.so.2": LOADER, "lib__libc.so.6": "x",
         "etc__odbcinst.ini": "[FreeTDS]", "etc__ca-bundle.crt": "x", "bootstrap": "x"}


def test_the_package_brings_its_own_libraries(host):
    host.put("tools/aws", AWS)
    host.has("unzip")
    values = APPLY | from_bucket(host.offers(zipped(**WHOLE)))
    loader, places, call, _ = host.run(values, {"FAKE_STATUS": "0"}).stdout.splitlines()
    home = re.match("loader --library-path (.*)/lib$", loader)[1]
    assert home.startswith(str(host.cache))
    assert places == f"odbc {home}/etc gconv {home}/lib/gconv ca {home}/etc/ca-bundle.crt"
    assert call.startswith(f"called {home}/bin/keyturn <apply>")


@pytest.mark.parametrize("bundle", ["etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/certs/ca-certificates.crt", "etc/ssl/ca-bundle.pem"])
def test_the_hosts_own_certificates_go_before_the_packages(host, bundle):
    for name, text in WHOLE.items():
        host.put("opt/keyturn/" + name.replace("__", "/"), text)
    host.put(bundle, "x")
    result = host.run(APPLY, {"FAKE_STATUS": "3"})
    assert f"ca {host.root}/{bundle}\n" in result.stdout and result.returncode == 3
    assert f"ca {host.root}/own.pem\n" in host.run(APPLY, {"SSL_CERT_FILE": f"{host.root}/own.pem"}).stdout


def test_keeps_the_package_for_the_next_time(host):
    host.put("tools/aws", AWS)
    host.has("unzip")
    sha256 = host.offers(zipped(bin__keyturn=KEYTURN))
    for _ in range(3):
        called(host.run(from_bucket(sha256)))
    assert len(host.calls) == 1
    assert [path.name for path in host.cache.iterdir()] == [sha256]


def test_the_cache_is_for_root_alone(host):
    host.put("tools/aws", AWS)
    host.has("unzip")
    host.cache.mkdir(parents=True, mode=0o777)
    host.cache.chmod(0o777)
    sha256 = host.offers(zipped(bin__keyturn='#!/bin/sh\nexec ls -ldn "$0" "${0%/*}" "${0%/*/*}"\n'))
    (host.bin / "ls").symlink_to("/bin/ls")
    rights = [line.split()[0] for line in host.run(from_bucket(sha256)).stdout.splitlines()]
    assert len(rights) == 3 and all(right[4:10] == "------" for right in rights)
    assert stat.S_IMODE(host.cache.stat().st_mode) == 0o700
    assert stat.S_IMODE((host.cache / sha256).stat().st_mode) == 0o600


def test_a_damaged_cache_is_fetched_anew(host):
    host.put("tools/aws", AWS)
    host.has("unzip")
    sha256 = host.offers(zipped(bin__keyturn=KEYTURN))
    called(host.run(from_bucket(sha256)))
    (host.cache / sha256).write_bytes(zipped(bin__keyturn="#!/bin/sh\necho planted\n"))
    called(host.run(from_bucket(sha256)))
    assert len(host.calls) == 2


def test_what_does_not_match_is_never_run(host):
    host.put("tools/aws", AWS)
    host.has("unzip")
    host.offers(zipped(bin__keyturn=f"#!/bin/sh\n: > {host.root}/ran\n"))
    reason = refusal(host.run(APPLY | from_bucket("0" * 64)))
    assert "does not have the SHA-256" in reason
    assert not (host.root / "ran").exists()
    assert list(host.cache.iterdir()) == []


def test_a_bucket_that_refuses(host):
    host.put("tools/aws", AWS)
    result = host.run(from_bucket("0" * 64), {"FAKE_DENIED": "1"})
    assert "s3:GetObject" in refusal(result)
    assert "Forbidden" in result.stderr
    assert list(host.cache.iterdir()) == []


def test_a_bucket_needs_the_aws_cli(host):
    assert "no AWS CLI" in refusal(host.run(from_bucket("0" * 64)))


def test_the_aws_cli_may_lie_where_the_agent_does_not_look(host):
    host.put("usr/local/bin/aws", AWS)
    host.has("unzip")
    called(host.run(from_bucket(host.offers(zipped(bin__keyturn=KEYTURN)))))


def test_a_web_server_needs_curl(host):
    host.has("unzip")
    values = {"PackageUrl": "https://tools.corp.example/keyturn.zip",
              "PackageSha256": host.offers(zipped(bin__keyturn=KEYTURN))}
    assert "no curl" in refusal(host.run(values))
    host.put("tools/curl", CURL)
    called(host.run(values))
    assert "--proto =https" in host.calls[0] and host.calls[0].endswith("https://tools.corp.example/keyturn.zip")


def test_a_zip_needs_something_to_unpack_it(host):
    host.put("tools/aws", AWS)
    assert "neither unzip nor python3" in refusal(host.run(from_bucket(host.offers(zipped(bin__keyturn=KEYTURN)))))


@pytest.mark.parametrize("content, said", [(b"no archive", "can't be unpacked"), (zipped(readme="x"), "holds no bin/keyturn")])
def test_a_package_of_something_else(host, content, said):
    host.put("tools/aws", AWS)
    host.has("unzip")
    assert said in refusal(host.run(from_bucket(host.offers(content))))


def test_leaves_nothing_behind_and_clears_away_what_is_old(host):
    host.put("tools/aws", AWS)
    host.has("unzip")
    host.cache.mkdir(parents=True)
    (host.cache / "run.killed").mkdir()
    (host.cache / "run.killed/keyturn").write_text("x")
    (host.cache / ("1" * 64)).write_text("an older package")
    for path in [host.cache / "run.killed", host.cache / ("1" * 64)]:
        os.utime(path, (1, 1))
    (host.cache / "run.atwork").mkdir()
    sha256 = host.offers(zipped(bin__keyturn=KEYTURN))
    called(host.run(from_bucket(sha256)))
    assert {path.name for path in host.cache.iterdir()} == {sha256, "run.atwork"}


def test_a_damaged_host_name_can_not_damage_the_report(host):
    (host.bin / "uname").unlink()
    host.put("tools/uname", "#!/bin/sh\nprintf 'db\"1\\n\\\\x'\n")
    refusal(host.run())
