"""docs/windows.md against the program: what a person pastes is PowerShell, and every option named is one."""

import re
import subprocess

import pytest
import support
from powershell import of_type, parsed, words

PAGE = (support.ROOT / "docs/windows.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("powershell"), ids=lambda block: re.sub(r"\W+", "-", block[:40]))
def test_what_is_to_be_pasted_is_powershell(block):
    assert not parsed(block).has_error
    assert "\u201c" not in block and "\u2019" not in block and "\u2026" not in block


def test_there_is_something_to_paste():
    assert len(blocks("powershell")) > 5
    assert parsed(blocks("powershell")[0] + "\nif (").has_error


def test_variables_are_set_before_they_are_used():
    known = {"$_", "$true", "$false", "$null", "$LASTEXITCODE"}
    for block in blocks("powershell"):
        root = parsed(block)
        known |= {words(variable) for each in of_type(root, "left_assignment_expression") for variable in of_type(each, "variable")}
        known |= {f"${name}" for name in re.findall(r"foreach \(\$(\w+) in ", block)}
        read = {words(each) for each in of_type(root, "variable") if not words(each).startswith("$env:")}
        assert read <= known, block


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: block.splitlines()[0])
def test_settings_are_keyturns(block, tmp_path):
    (tmp_path / "keyturn.toml").write_text(block)
    result = subprocess.run([support.keyturn(), "render", "ssm-command", "--config", tmp_path / "keyturn.toml"],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr


def test_every_option_is_one():
    helps = "".join(subprocess.run([support.keyturn(), command, "--help"], capture_output=True, text=True, timeout=60,
                                   check=True).stdout for command in ("apply", "discover", "render", "status"))
    options = set(re.findall(r"--[a-z][a-z0-9-]+", helps)) | {"--version"}
    named = set(re.findall(r"keyturn[^`\n]* (--[a-z][a-z0-9-]+)", PAGE)) | set(re.findall(r"`(--[a-z][a-z0-9-]+)", PAGE))
    assert named and named <= options


def sentences_of_the_source():
    """All texts of the program and of the document's step, with what is filled in left out."""
    text = "\n".join(path.read_text() for folder in ("host", "cli", "sqlserver", "setup", "render")
                     for path in sorted((support.ROOT / "src" / folder).rglob("*")) if path.suffix in (".cc", ".ps1", ".h"))
    text = re.sub(r'" \+\s*[\w.()]+\s*\+\s*"', "{}", text)  # "a" + b + "c"
    return re.sub(r'(?<!\\)"\s+"', "", text).replace('\\"', '"')


def rows_below(heading):
    section = re.search(rf"^\| {heading} \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.strip().splitlines()[2:]]


@pytest.mark.parametrize("sentence", [row[1] for row in rows_below("exit status")])
def test_every_sentence_is_one_of_the_programs(sentence):
    if "PowerShell" in sentence or "Program 'keyturn.exe'" in sentence or "not digitally signed" in sentence:
        return  # PowerShell's own
    source = sentences_of_the_source()
    parts = [part.strip(" ;,.()") for part in re.split('…|; |"…"', sentence.split(" (of ")[0])]
    for part in parts:
        assert len(part) < 6 or part in source, part


def test_the_events_are_those_of_the_message_table():
    table = (support.ROOT / "src/cli/resources/events.mc").read_text()
    kinds = re.findall(r"^MessageId=0x(\d+)\nSeverity=(\w+)$", table, re.MULTILINE)
    told = [(number, {"information": "Informational"}.get(level, level.capitalize())) for number, level, _ in rows_below("event")]
    assert told == kinds
