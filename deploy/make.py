#!/usr/bin/env python3
"""Fills in what the templates must not say in their own words; there is one source for each thing.

    keyturn render          -> the two documents in cloudformation/keyturn.yaml, and terraform/documents/
    cloudformation/keyturn.yaml
        its parameters      -> terraform/variables.tf
        its conditions, policies and the functions' configuration
                            -> terraform/shared.tf (deploy/hcl.py translates)
    keyturn render policy, and the template's trust policies
                            -> docs/aws-permissions.md (deploy/permissions.py)

Run it after a change of either: deploy/make.py --keyturn build/dev/src/cli/keyturn. tests/deploy holds what is committed
against what it would write. Needs PyYAML, which .venv has.
"""

import argparse
import pathlib
import re
import subprocess

import hcl
import permissions
import template

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATE = HERE / "cloudformation" / "keyturn.yaml"
TERRAFORM = HERE / "terraform"
PERMISSIONS = HERE.parent / "docs" / "aws-permissions.md"

# What the documents are rendered with, so that the places are found where a parameter of the stack belongs.
PACKAGE_URL = "https://package.invalid/keyturn.zip"
PACKAGE_SHA256 = "a" * 64
WINDOWS_PACKAGE_URL = "https://package.invalid/keyturn.exe"
WINDOWS_PACKAGE_SHA256 = "b" * 64
ROTATE, UPDATE = "the-rotate-function", "the-update-function"
ROLE = "arn:aws:iam::000000000000:role/the-automation-role"

RENDERED = {
    "ssm-command": ["--package-url", PACKAGE_URL, "--package-sha256", PACKAGE_SHA256,
                    "--windows-package-url", WINDOWS_PACKAGE_URL, "--windows-package-sha256", WINDOWS_PACKAGE_SHA256],
    "ssm-automation": ["--rotate-function", ROTATE, "--update-function", UPDATE, "--assume-role", ROLE]}
PLACES = {
    PACKAGE_URL: "!If [HasPackage, !Sub 's3://${CodeBucket}/${CodeKey}', '']",
    PACKAGE_SHA256: "!Ref PackageSha256",
    WINDOWS_PACKAGE_URL: "!If [HasWindowsPackage, !Sub 's3://${CodeBucket}/${WindowsPackageKey}', '']",
    WINDOWS_PACKAGE_SHA256: "!Ref WindowsPackageSha256",
    ROTATE: "!Ref RotateFunction",
    UPDATE: "!Ref UpdateFunction",
    ROLE: "!GetAtt AutomationRole.Arn"}


def render(keyturn, document, arguments):
    """What `keyturn render` prints, with no configuration of this machine."""
    env = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([str(keyturn), "render", document, *arguments, "--config", "/dev/null"], check=True,
                          capture_output=True, text=True, env=env, timeout=60)
    return done.stdout


def content(text, indent):
    """The lines of a Content that is the text to the last byte: its pieces, joined with the stack's values."""
    pieces = re.split("(" + "|".join(map(re.escape, PLACES)) + ")", text)
    lines = ["Content: !Join", "  - ''"]
    first = "  - - "
    for piece in pieces:
        if piece in PLACES:
            lines.append(first + PLACES[piece])
        else:
            lines.append(first + ("|" if piece.endswith("\n") else "|-"))
            lines += ["      " + line if line else "" for line in piece.removesuffix("\n").split("\n")]
        first = "    - "
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)


def filled(text, documents):
    """The template with its documents put in anew."""
    for name, document in documents.items():
        region = re.compile(rf"^( *)# made by deploy/make\.py: {name}\n.*?^ *# made by deploy/make\.py: end\n", re.M | re.S)
        found = region.search(text)
        if not found:
            raise SystemExit(f"make: the template has no place for {name}")
        indent = len(found[1])
        text = (text[:found.start()] + f"{found[1]}# made by deploy/make.py: {name}\n" + content(document, indent) +
                f"{found[1]}# made by deploy/make.py: end\n" + text[found.end():])
    return text


def files(keyturn):
    """{path: text} of all that is written."""
    documents = {name: render(keyturn, name, arguments) for name, arguments in RENDERED.items()}
    whole = filled(TEMPLATE.read_text(encoding="utf-8"), documents)
    parsed = template.parse(whole)
    made = {TEMPLATE: whole,
            TERRAFORM / "variables.tf": hcl.variables(parsed),
            TERRAFORM / "shared.tf": hcl.shared(parsed, template.reasons(whole)),
            PERMISSIONS: permissions.page(keyturn, parsed, template.reasons(whole))}
    for name, document in documents.items():
        made[TERRAFORM / "documents" / f"{name}.json"] = document
    return made


def main():
    parser = argparse.ArgumentParser(description="Fills in the templates of deploy/.")
    parser.add_argument("--keyturn", type=pathlib.Path, required=True, help="the program, as it was built")
    for path, text in files(parser.parse_args().keyturn).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
