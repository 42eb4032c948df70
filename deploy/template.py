"""Reads deploy/cloudformation/keyturn.yaml: YAML with CloudFormation's short forms, as plain values and {"Ref": …}."""

import re

import yaml


class _Loader(yaml.SafeLoader):
    """Safe, with the tags of CloudFormation."""


def _function(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


def parse(text):
    return yaml.load(text, _Loader)


def reasons(text):
    """{Sid: the comment that stands before its statement}"""
    found = {}
    for match in re.finditer(r"((?:^ *# .*\n)+)(?:^ *- !If\n^ *- \w+\n)?^ *- Sid: (\w+)\n", text, re.M):
        lines = [line.strip().removeprefix("# ") for line in match[1].splitlines()]
        found[match[2]] = " ".join(lines)
    return found


def policies(parsed):
    """{logical id of the resource: its policy document}, trust policies under the role's own id."""
    found = {}
    for name, resource in parsed["Resources"].items():
        properties = resource.get("Properties", {})
        for member in ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy"):
            if member in properties:
                found[name] = properties[member]
    return found
