"""Help, manual page, completion scripts and the description of the settings: all of them say what the program does."""

import importlib
import re
import shutil
import subprocess

import pytest

import program
from support import ROOT

COMMANDS = ["rotate", "reconcile", "plan", "status", "rollback", "doctor", "render", "apply", "discover", "lambda", "completion"]


@pytest.fixture
def env(tmp_path):
    return program.environment(tmp_path)


def help_of(command, env):
    result = program.run(*command, "--help", env=env)
    assert result.returncode == 0 and result.stderr == ""
    return result.stdout


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def test_version(env):
    result = program.run("--version", env=env)
    version = re.search(r"project\(keyturn VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    first, source, compiler = result.stdout.splitlines()
    assert first == f"keyturn {version}"
    assert re.fullmatch(r"built from (sources without a revision|(an archive of )?revision [0-9a-f]{40} of \d{4}-\d\d-\d\d(, changed)?)", source)
    assert re.fullmatch(r"by \w+ [\d.]+ for \w+ \w+, \w+( with sanitizers)?", compiler)


def test_help_lists_the_commands(env):
    text = help_of([], env)
    listed = re.findall(r"^  ([a-z]+) ", text.split("Subcommands:")[1].split("Examples:")[0], re.MULTILINE)
    assert listed == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_that_it_understands(env, command):
    text = help_of([command], env)
    examples = re.findall(r"^  .*?(keyturn [a-z].*?)(?:  |$)", text.split("Examples:")[1], re.MULTILINE)
    assert len(examples) >= 2 or command == "completion"
    for example in examples:
        words = re.split(r"[|>)]", example)[0].split()[1:]
        assert words[0] in COMMANDS
        assert options_in(example) <= options_in(help_of([words[0]], env))


def manual():
    return (ROOT / "docs/man/keyturn.1").read_text().replace("\\-", "-")


def test_the_manual_page_has_every_command_and_option_and_no_other(env):
    helped = options_in(help_of([], env))
    for command in COMMANDS:
        helped |= options_in(help_of([command], env).split("Examples:")[0])  # those use other programs, too
        assert f"keyturn {command}" in manual()
    assert options_in(manual()) == helped
    named = set(re.findall(r'^\.BR? "?keyturn ([a-z]+)', manual(), re.MULTILINE))
    assert named == set(COMMANDS)


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_the_manual_page_is_well_formed():
    result = subprocess.run(["groff", "-man", "-ww", "-Tutf8", str(ROOT / "docs/man/keyturn.1")], check=False,
                            capture_output=True, text=True)
    assert result.returncode == 0 and result.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid(env, shell):
    script = program.run("completion", shell, env=env).stdout
    assert "rollback" in script and "log-format" in script
    if not shutil.which(shell):
        return  # what they hold is checked above; bash, which runs them below, is everywhere
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("typed, offered", [
    (["keyturn", "ro"], {"rotate", "rollback"}),
    (["keyturn", "rotate", "--out"], {"--output"}),
    (["keyturn", "status", "--output", ""], {"text", "json"}),
    (["keyturn", "plan", "rec"], {"reconcile"}),
    (["keyturn", "completion", ""], {"bash", "zsh", "fish", "powershell", "--help"}),
])
def test_bash_completes(env, typed, offered):
    script = program.run("completion", "bash", env=env).stdout
    words = " ".join(f"'{word}'" for word in typed)
    script += f"\nCOMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _keyturn; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert set(result.stdout.split()) == offered


def zsh(folder, script):
    """What zsh prints with the completion on its fpath, as any shell of somebody's that has it, and zsh's own helpers told of."""
    helpers = "_describe() { print -l -- ${(P)2%%:*} }; _arguments() { print -l -- ${@%%\\[*} }; compdef() { print compdef $@ }\n"
    result = subprocess.run(["zsh", "-f", "-c", f"fpath=({folder}); {helpers}{script}"], capture_output=True, text=True, check=True,
                            timeout=30)
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize("typed, offered", [("keyturn ''", COMMANDS), ("keyturn completion ''", ["--help", "2::word:(bash"])])
def test_zsh_completes_at_the_first_tab(env, tmp_path, typed, offered):
    (tmp_path / "_keyturn").write_text(program.run("completion", "zsh", env=env).stdout)
    tab = f"words=({typed}); CURRENT=$#words; _keyturn"
    first, _, second = " ".join(zsh(tmp_path, f"autoload -U _keyturn; {tab}; print then; {tab}")).partition(" then ")
    assert first.split()[:len(offered)] == offered and second == first
    assert zsh(tmp_path, f". {tmp_path}/_keyturn") == ["compdef", "_keyturn", "keyturn"]


def test_powershell_is_told_every_command_option_and_choice(env):
    script = program.run("completion", "powershell", env=env).stdout
    commands, values = (dict(re.findall(r"^    '([\w-]+)' = @\((.*)\)$", part, re.MULTILINE)) for part in script.split("$values = "))
    assert list(commands) == COMMANDS
    for command, words in commands.items():
        assert options_in(words) == options_in(help_of([command], env).split("Examples:")[0])
    for option, choices in values.items():
        assert any(f"'{option}'" in words for words in commands.values())
        for choice in re.findall("'([^']*)'", choices):
            assert any(f"{option} " in line and choice in line for command in COMMANDS
                       for line in help_of([command], env).splitlines()), (option, choice)
    assert values["--output"] == "'text', 'json'"


def test_powershell_understands_its_completion(env):
    powershell = importlib.import_module("render.powershell")
    assert not powershell.parsed(program.run("completion", "powershell", env=env).stdout).has_error


@pytest.mark.parametrize("section", ["aws", "sql", "[rotation]", "rotation.policy", "rotation.fleet", "[rotation.target]",
                                     "host", "[host.instance]"])
def test_every_setting_is_documented_and_no_other(env, tmp_path, section):
    """The program itself says which settings a section has: in its answer to one that it does not have."""
    config = tmp_path / "keyturn.toml"
    above = "[[rotation]]\n" if section.startswith(("rotation.", "[rotation.")) else ""
    config.write_text(f"{above}[{section}]\nzzzzzzzz = 1\n")
    message = program.run("status", "--config", str(config), env=env).stderr
    allowed = re.search(r'zzzzzzzz": there is no such setting; allowed: ([a-z0-9_, ]+)\.', message)[1].split(", ")
    documentation = (ROOT / "docs/configuration.md").read_text()
    part = documentation.split(f"\n## [{section}]\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
    nested = {"[rotation]": {"policy", "fleet", "target"}, "host": {"instance"}}.get(section, set())
    assert sorted(documented) == sorted(set(allowed) - nested)


def test_the_documented_file_is_accepted(env, tmp_path):
    text = re.search(r"```toml\n(.*?)```", (ROOT / "docs/configuration.md").read_text(), re.DOTALL)[1]
    config = tmp_path / "keyturn.toml"
    config.write_text(text)
    message = program.run("status", "--config", str(config), "--rotation", "none", env=env).stderr
    assert 'has no rotation "none"' in message


def test_documented_defaults_are_the_defaults(env, tmp_path):
    """A policy's default is what the refusal of a wrong value names as an example."""
    documentation = (ROOT / "docs/configuration.md").read_text()
    part = documentation.split("\n## [rotation.policy]\n")[1].split("\n## ")[0]
    durations = dict(re.findall(r"^\| `(\w+)` \| `(\d+[dhms])` \|", part, re.MULTILINE))
    config = tmp_path / "keyturn.toml"
    config.write_text("[[rotation]]\n[rotation.policy]\n" + "".join(f"{name} = 1\n" for name in durations))
    message = program.run("status", "--config", str(config), env=env).stderr
    named = dict(re.findall(r'policy\.(\w+)": .* such as "(\w+)"', message))
    as_minutes = {name: program.minutes(value) for name, value in durations.items()}
    assert {name: program.minutes(value) for name, value in named.items()} == as_minutes
