"""The Windows step of the Command document, held against a parser of PowerShell. It is not run here: there is no Windows
PowerShell 5.1 outside Windows."""

import re

import documents
import pytest
from powershell import nodes, of_type, parsed, words
from test_ssm_command import GOOD

# What the step may call: commands of Windows PowerShell 5.1 and of Windows, besides its own functions.
COMMANDS = {"ConvertTo-Json", "Get-ChildItem", "Get-Command", "Get-Date", "Get-FileHash", "Invoke-WebRequest", "Join-Path",
            "Move-Item", "New-Item", "Remove-Item", "Select-Object", "Test-Path", "Where-Object", "icacls.exe",
            "Read-S3Object", "aws.exe"}  # the last two where they are installed
AUTOMATIC = {"$_", "$null", "$true", "$false", "$LASTEXITCODE", "$ExecutionContext"}
# Of those whose methods a constrained language mode lets a script call (about_Language_Modes).
CORE_TYPES = {"[string]", "[string[]]", "[long]", "[DateTime]", "[Guid]", "[ordered]"}


@pytest.fixture(scope="module", name="document")
def _document():
    return documents.render("ssm-command")


def shape(text):
    """The kinds of all nodes: what is in a quoted text does not show."""
    return [node.type for node in nodes(parsed(text))]


def texts(text):
    """What stands in single quotes."""
    return [words(node)[1:-1] for node in of_type(parsed(text), "verbatim_string_characters")]


def test_it_is_powershell(document):
    text = documents.script(document, "Windows")
    assert not parsed(text).has_error
    # The parser does see an error.
    assert parsed(text.replace("} finally {", "finally {", 1)).has_error
    assert parsed(text + "\nif ($true) {").has_error


def test_each_parameter_stands_in_single_quotes(document):
    step = document["mainSteps"][1]["inputs"]["runCommand"]
    for line in step:
        if "{{" in line:
            assert re.fullmatch(r"\$[A-Za-z0-9]+ = '\{\{ [A-Za-z0-9]+ \}\}'", line), line


@pytest.mark.parametrize("name", GOOD)
def test_no_value_changes_the_program(document, name):
    plain = shape(documents.script(document, "Windows"))
    for value in GOOD[name]:
        text = documents.script(document, "Windows", **{name: value})
        assert shape(text) == plain
        used = any("{{ " + name + " }}" in line for line in document["mainSteps"][1]["inputs"]["runCommand"])
        assert not used or documents.pasted(value) in texts(text)


def test_the_harness_sees_a_value_that_breaks_out(document):
    plain = shape(documents.script(document, "Windows"))
    assert shape(documents.script(document, "Windows", check=False, SqlUserSecret="'; calc; '")) != plain


def functions(text):
    return {words(of_type(each, "function_name")[0]): each for each in of_type(parsed(text), "function_statement")}


def test_each_function_is_powershell(document):
    text = documents.script(document, "Windows")
    assert len(functions(text)) == text.count("\nfunction ") > 5
    for name, function in functions(text).items():
        alone = words(function)
        assert not parsed(alone).has_error, name
        assert parsed(alone[:-1]).has_error, name
        assert parsed(alone.replace("{", "{ (", 1)).has_error, name


def unknown_commands(text):
    called = {words(each) for each in of_type(parsed(text), "command_name")}
    return called - COMMANDS - set(functions(text))


def unknown_variables(text):
    root = parsed(text)
    known = {words(variable) for kind in ("left_assignment_expression", "script_parameter") for each in of_type(root, kind)
             for variable in of_type(each, "variable")}
    known |= {f"${name}" for name in re.findall(r"foreach \(\$(\w+) in ", text)}
    read = {words(each) for each in of_type(root, "variable")}
    return {each for each in read - known - AUTOMATIC if not each.startswith("$env:")}


def test_only_known_commands_and_variables(document):
    text = documents.script(document, "Windows")
    assert unknown_commands(text) == unknown_variables(text) == set()
    assert unknown_commands(text.replace("Test-Package $file", "Test-Pakage $file")) == {"Test-Pakage"}
    assert unknown_variables(text.replace("-BucketName $bucket", "-BucketName $buket")) == {"$buket"}


def test_every_function_is_called(document):
    text = documents.script(document, "Windows")
    called = [words(each) for each in of_type(parsed(text), "command_name")]
    assert set(functions(text)) <= set(called)


def test_runs_where_scripts_are_constrained(document):
    """But for one setting, which is left alone there."""
    text = documents.script(document, "Windows")
    guarded = text.index("LanguageMode -eq 'FullLanguage'")
    for each in of_type(parsed(text), "type_literal"):
        core = words(each) in CORE_TYPES
        assert core or (words(each).startswith("[Net.") and 0 < each.start_byte - guarded < 150), words(each)


def test_no_native_error_output_is_caught(document):
    """Of what PowerShell 5.1 catches of it, it makes errors, and the first one would end the script."""
    text = documents.script(document, "Windows")
    assert not of_type(parsed(text), "redirection") and "2>" not in text
    assert re.search(r"^ +\$ErrorActionPreference = 'Continue'\n +& \$keyturn \$arguments$", text, re.MULTILINE)


def test_only_what_windows_powershell_5_1_has(document):
    text = documents.script(document, "Windows")
    for newer in ("??", "?.", " && ", " || ", "-Parallel", "ternary", "$IsWindows", "ConvertFrom-Json -AsHashtable"):
        assert newer not in text
    assert text.isascii()


def test_the_exit_status_is_keyturns(document):
    lines = document["mainSteps"][1]["inputs"]["runCommand"]
    assert lines[-1] == "exit $LASTEXITCODE"
    assert lines[-2] == "if ($LASTEXITCODE -eq 3010) { exit 1 }"
