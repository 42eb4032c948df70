"""The JSON documents against their schemas. That the examples are what the program writes is src/report's test."""

import json

import pytest

import program
import stub_aws
from support import ROOT, package

jsonschema = package("jsonschema")
KINDS = ["run", "plan", "status", "doctor", "error"]
COMPACT = ["host"]  # leaves out what is empty


def check(document):
    jsonschema.Draft202012Validator(program.schema(document["kind"])).validate(document)


@pytest.mark.parametrize("kind", KINDS + COMPACT)
def test_schemas_are_schemas(kind):
    jsonschema.Draft202012Validator.check_schema(program.schema(kind))


@pytest.mark.parametrize("kind", KINDS + COMPACT)
def test_examples_are_valid(kind):
    example = json.loads((program.SCHEMAS / "examples" / f"{kind}.json").read_text())
    assert example["kind"] == kind
    check(example)


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_is_required_and_none_is_unknown(kind):
    """What the documentation promises: nothing is ever left out, and the schema knows everything."""
    def objects(node):
        if isinstance(node, dict):
            if "properties" in node:
                yield node
            for value in node.values():
                yield from objects(value)
        elif isinstance(node, list):
            for value in node:
                yield from objects(value)

    found = list(objects(program.schema(kind)))
    assert found
    for node in found:
        assert sorted(node["required"]) == sorted(node["properties"])
        assert node["additionalProperties"] is False


@pytest.mark.parametrize("kind", KINDS + COMPACT)
def test_every_member_is_documented(kind):
    documentation = (ROOT / "docs/json.md").read_text()
    names = set()

    def collect(node):
        if isinstance(node, dict):
            names.update(node.get("properties", {}))
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    collect(program.schema(kind))
    assert [name for name in sorted(names) if f"`{name}`" not in documentation] == []


def test_a_real_error_document(tmp_path):
    with stub_aws.serving() as aws:
        env = program.environment(tmp_path, AWS_ENDPOINT_URL=aws.url, AWS_ACCESS_KEY_ID="AKIATEST",
                                  AWS_SECRET_ACCESS_KEY="test", AWS_REGION="eu-central-1")
        check(program.document(program.run("rotate", "--output", "json", env=env)))


def test_a_planted_fault_is_found():
    example = json.loads((program.SCHEMAS / "examples/run.json").read_text())
    del example["rotations"][0]["steps"][0]["reason"]
    with pytest.raises(jsonschema.ValidationError):
        check(example)
