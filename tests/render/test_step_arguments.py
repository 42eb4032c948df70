"""Each parameter of the Command document reaches the option of keyturn apply that is meant for it, on both systems alike."""

import re
import shutil
import subprocess

import documents
import pytest
import support
from powershell import Arguments
from test_linux_step import KEYTURN, Host
from test_ssm_command import VERSION

# What becomes of a parameter that is not an option: the mode chooses some, the rest is the step's own.
NO_OPTION = {"Mode", "ExecutionTimeout", "PackageUrl", "PackageSha256", "WindowsPackageUrl", "WindowsPackageSha256"}
OPTIONS = {
    "VersionId": "--version-id", "Stage": "--stage", "NotAfter": "--not-after", "CredentialSecret": "--credential-secret",
    "BucketUrlSecret": "--bucket-url-secret", "SqlUserSecret": "--sql-user-secret",
    "SqlPasswordSecret": "--sql-password-secret", "BucketUrls": "--bucket-url", "CredentialPatterns": "--credential-pattern",
    "SqlAuthentication": "--sql-authentication", "RotateLogin": "--rotate-login",
    "ProofBackup": "--proof-backup",
}
ONLY_OF_APPLY = {"VersionId", "Stage", "NotAfter"}
# A Linux host has no other way to log in than the SQL login.
ONLY_ON_WINDOWS = {"SqlAuthentication"}

# A value of its own for each.
TOLD = {"VersionId": VERSION, "Stage": "current", "NotAfter": "2026-11-23T17:00:00Z", "CredentialSecret": "secret/of-the-key",
        "BucketUrlSecret": "secret/of-the-url", "SqlUserSecret": "secret/of-the-user", "SqlPasswordSecret": "secret/of-the-password",
        "BucketUrls": ["s3://one/a", "s3://two/b"], "CredentialPatterns": ["s3://three/*", "s3://four/d"],
        "SqlAuthentication": "integrated", "RotateLogin": "true", "ProofBackup": "true"}


@pytest.fixture(scope="module", name="document")
def _document():
    return documents.render("ssm-command")


@pytest.fixture(name="on_linux")
def _on_linux(tmp_path, document):
    """What the shell starts keyturn with."""
    host = Host(tmp_path, [shutil.which("dash")], document)
    host.put("usr/bin/keyturn", KEYTURN)
    return lambda **values: re.findall("<(.*?)>", host.run(values).stdout.splitlines()[0])


@pytest.fixture(name="on_windows")
def _on_windows(document):
    """What PowerShell would, as its parser sees it."""
    return lambda **values: Arguments(documents.script(document, "Windows", **values)).words()


@pytest.fixture(name="arguments", params=["Linux", "Windows"])
def _arguments(request, on_linux, on_windows):
    return on_linux if request.param == "Linux" else on_windows


def pairs(words):
    """The options and their values, of which an empty one counts as not given; --check and --login have none."""
    assert words[0] == "apply"
    made, rest = [], list(words[1:])
    while rest:
        option = rest.pop(0)
        assert option.startswith("--"), words
        value = None if option in ("--check", "--login") else rest.pop(0)
        if value != "":
            made.append((option, value))
    return made


def test_each_parameter_has_its_place(document):
    assert set(document["parameters"]) == NO_OPTION | set(OPTIONS)


@pytest.mark.parametrize("name", [name for name in OPTIONS if name not in ONLY_ON_WINDOWS])
def test_a_value_reaches_its_option_and_no_other(arguments, name):
    check_change(arguments, name)


def test_what_is_meant_for_windows_reaches_it_alone(on_linux, on_windows):
    for name in ONLY_ON_WINDOWS:
        assert on_linux(**{name: TOLD[name]}) == on_linux()
        check_change(on_windows, name)


def check_change(arguments, name):
    mode = {"Mode": "apply"} if name in ONLY_OF_APPLY else {}
    plain, changed = pairs(arguments(**mode)), pairs(arguments(**mode, **{name: TOLD[name]}))
    values = TOLD[name] if isinstance(TOLD[name], list) else [TOLD[name]]
    assert [each for each in changed if each[0] == OPTIONS[name]] == [(OPTIONS[name], value) for value in values]
    assert [each for each in changed if each[0] != OPTIONS[name]] == [each for each in plain if each[0] != OPTIONS[name]]


@pytest.mark.parametrize("name", sorted(ONLY_OF_APPLY))
def test_a_look_names_no_version(arguments, name):
    words = pairs(arguments(**{name: TOLD[name]}))
    assert ("--check", None) in words and OPTIONS[name] not in dict(words)


@pytest.mark.parametrize("mode", ["apply", "login"])
def test_a_write_is_no_look(arguments, mode):
    words = dict(pairs(arguments(Mode=mode)))
    assert "--check" not in words and ("--login" in words) == (mode == "login")


@pytest.mark.parametrize("mode", ["check", "apply", "login"])
def test_both_systems_ask_for_the_same(document, on_linux, on_windows, mode):
    values = {name: value for name, value in TOLD.items() if name in document["parameters"]} | {"Mode": mode}
    only = {OPTIONS[name] for name in ONLY_ON_WINDOWS}
    assert sorted(pairs(on_linux(**values))) == sorted(pair for pair in pairs(on_windows(**values)) if pair[0] not in only)


def test_windows_leaves_an_empty_value_out(on_windows):
    """PowerShell 5.1 drops an empty argument, and the option before it would take the next one for its value."""
    words = on_windows(Mode="apply")
    assert "" not in words and "--version-id" not in words


def test_keyturn_apply_has_each_option():
    text = subprocess.run([support.keyturn(), "apply", "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    own = set(re.findall(r"^ +(--[a-z0-9-]+)", text.split("Common options:")[0], re.MULTILINE))
    # Each option of its own can be reached from a command, and each that a step uses is one.
    assert own == {*OPTIONS.values(), "--check", "--login"}
    assert re.search(r"^ +--output text\|json", text, re.MULTILINE)


@pytest.mark.parametrize("right, wrong", [
    ("'--stage' $stage", "'--stage' $mode"), ("'--sql-user-secret' $sqlUserSecret", "'--sql-user' $sqlUserSecret"),
    ("'--bucket-url' (Get-List $bucketUrls)", "'--bucket-url' (Get-List $credentialPatterns)"),
    ("            Get-Option '--not-after' $notAfter\n", ""), ("-eq 'check'", "-eq 'apply'"),
    ("-eq 'login'", "-eq 'apply'"),
])
def test_the_reader_sees_a_mistake(document, right, wrong):
    values = {"Mode": "apply"} | {name: TOLD[name] for name in OPTIONS}
    text = documents.script(document, "Windows", **values)
    assert text.count(right) == 1
    assert pairs(Arguments(text.replace(right, wrong)).words()) != pairs(Arguments(text).words())


# --- the lab's stand-in for PowerShell ---

@pytest.fixture(scope="module", name="lab")
def _lab():
    return (support.ROOT / "lab/windows_step.cc").read_text()


def of_the_lab(lab, values, document):
    """What lab/windows_step.cc's table makes of these values."""
    step = "\n".join(document["mainSteps"][1]["inputs"]["runCommand"])
    parameters = dict(re.findall(r"^\$(\w+) = '\{\{ (\w+) \}\}'$", step, re.MULTILINE))
    rows = re.findall(r'^ +\{"(--[a-z-]+)", "(\w*)"(?:, When::(\w+))?\},$', lab, re.MULTILINE)
    assert len(rows) == lab.count('{"--') > 5
    for option, variable, when in rows:
        if when in ("", values["Mode"]) or (when == "write" and values["Mode"] != "check"):
            given = values.get(parameters.get(variable), document["parameters"].get(parameters.get(variable), {}).get("default"))
            for value in [given] if isinstance(given, str) else given or ([None] if variable == "" else []):
                if value != "":
                    yield option, value


@pytest.mark.parametrize("mode", ["check", "apply", "login"])
@pytest.mark.parametrize("told", [{}, TOLD], ids=["nothing", "everything"])
def test_the_labs_windows_agent_passes_the_same(lab, document, on_windows, mode, told):
    values = {name: value for name, value in told.items() if name in document["parameters"]} | {"Mode": mode}
    assert [pair for pair in pairs(on_windows(**values)) if pair[0] != "--output"] == list(of_the_lab(lab, values, document))


def test_the_labs_windows_agent_says_the_same(lab, document):
    step = "\n".join(document["mainSteps"][1]["inputs"]["runCommand"])
    assert re.search(r'kFirstLine = "(.*?)"', lab)[1] == step[:len("# keyturn on a Windows host")]
    sentences = re.search(r"std::string missing_program\(.*?\n}\n", lab, re.DOTALL)[0]
    sentences = [text for text in re.findall(r'"((?:[^"]|"\s+")+)"', sentences) if text.startswith(("keyturn", "Windows"))]
    assert len(sentences) == 2
    for sentence in sentences:
        assert re.sub(r'"\s+"', "", sentence) in step
