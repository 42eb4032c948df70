"""The Windows step of the Command document, held against a parser of PowerShell. It is not run here: there is no Windows
PowerShell 5.1 outside Windows."""

import re
import subprocess

import documents
import pytest
import support
from test_ssm_command import GOOD

tree_sitter = support.package("tree_sitter")
grammar = support.package("tree_sitter_powershell")


@pytest.fixture(scope="module", name="document")
def _document():
    return documents.render("ssm-command")


def parsed(text):
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode()).root_node


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def shape(text):
    """The kinds of all nodes: what is in a quoted text does not show."""
    return [node.type for node in nodes(parsed(text))]


def texts(text):
    """What stands in single quotes."""
    return [node.text.decode()[1:-1] for node in nodes(parsed(text)) if node.type == "verbatim_string_characters"]


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


def test_only_what_windows_powershell_5_1_has(document):
    text = documents.script(document, "Windows")
    for newer in ("??", "?.", " && ", " || ", "-Parallel", "ternary", "$IsWindows", "ConvertFrom-Json -AsHashtable"):
        assert newer not in text
    assert text.isascii()


def test_the_exit_status_is_keyturns(document):
    lines = document["mainSteps"][1]["inputs"]["runCommand"]
    assert lines[-1] == "exit $LASTEXITCODE"
    assert lines[-2] == "if ($LASTEXITCODE -eq 3010) { exit 1 }"


def test_both_steps_ask_keyturn_for_the_same(document):
    options = [set(re.findall("--[a-z-]+", "\n".join(step["inputs"]["runCommand"]))) for step in document["mainSteps"]]
    of_keyturn = {"--output", "--credential-secret", "--bucket-url-secret", "--sql-user-secret", "--sql-password-secret",
                  "--bucket-url", "--credential-pattern", "--version-id", "--stage", "--not-after", "--check"}
    assert options[0] & of_keyturn == options[1] & of_keyturn == of_keyturn


def test_keyturn_apply_has_these_options():
    help_text = subprocess.run([support.keyturn(), "apply", "--help"], capture_output=True, text=True, timeout=60, check=False)
    for option in ("--output", "--credential-secret", "--bucket-url-secret", "--sql-user-secret", "--sql-password-secret",
                   "--bucket-url", "--credential-pattern", "--version-id", "--stage", "--not-after", "--check"):
        assert re.search(rf"^\s+{option}\b", help_text.stdout, re.MULTILINE), option
