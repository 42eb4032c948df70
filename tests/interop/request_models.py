"""Reads a request as the service would, by botocore's model of the service, and says what is wrong with it.

A request is decoded into the parameters that it carries; these are held against the model (names, types, what is required,
bounds, patterns, enumerations); and botocore serializes them again, which must give the same request.
"""

import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from support import package

botocore_session = package("botocore.session")
serialize = package("botocore.serialize")
validate = package("botocore.validate")


class Wrong(Exception):
    """The request can't be what the model describes."""


class Models:
    def __init__(self):
        self._session = botocore_session.get_session()

    def problems(self, request):
        """Sentences; none means that the service would take the request."""
        try:
            service = self._session.get_service_model(request["service"])
            if request["operation"] not in service.operation_names:
                return [f"{request['service']} has no operation {request['operation']}"]
            operation = service.operation_model(request["operation"])
            parameters = _decode(request, service, operation)
            return _values(parameters, operation.input_shape) or list(_round_trip(request, service, operation, parameters))
        except Wrong as wrong:
            return [str(wrong)]


def _decode(request, service, operation):
    protocol = service.metadata["protocol"]
    if protocol in ("query", "ec2"):
        return _decode_form(request, service, operation, protocol)
    if protocol == "json":
        return _decode_json(request, service, operation)
    return _decode_rest(request, operation)


def _decode_form(request, service, operation, protocol):
    fields = urllib.parse.parse_qsl(request["body"], keep_blank_values=True, strict_parsing=True)
    form = dict(fields)
    if len(form) != len(fields):
        raise Wrong(f"a field is sent twice: {fields}")
    if (form.pop("Action", None), form.pop("Version", None)) != (operation.name, service.api_version):
        raise Wrong(f"Action or Version is not {operation.name}, {service.api_version}")
    _expect_header(request, "content-type", "application/x-www-form-urlencoded; charset=utf-8")
    parameters = {}
    for name, value in form.items():
        _place(parameters, operation.input_shape, name.split("."), value, protocol)
    return parameters


def _place(into, shape, path, value, protocol):
    """Puts one field of a form where its dotted name says."""
    member, rest = _member_of_form(shape, path[0], protocol), path[1:]
    inner = shape.members[member]
    if inner.type_name == "list":
        if protocol == "query" and not inner.serialization.get("flattened"):
            if rest[:1] != [inner.member.serialization.get("name", "member")]:
                raise Wrong(f"{'.'.join(path)}: an element of a list is called member.N")
            rest = rest[1:]
        if not rest or not rest[0].isdigit():
            raise Wrong(f"{'.'.join(path)}: an element of a list needs a number")
        elements = into.setdefault(member, [])
        if int(rest[0]) not in (len(elements), len(elements) + 1):
            raise Wrong(f"{'.'.join(path)}: elements of a list are numbered from 1")
        if int(rest[0]) == len(elements) + 1:
            elements.append({} if inner.member.type_name == "structure" else None)
        if inner.member.type_name == "structure":
            _place(elements[-1], inner.member, rest[1:], value, protocol)
        else:
            elements[-1] = _of_text(inner.member, value)
    elif inner.type_name == "structure":
        _place(into.setdefault(member, {}), inner, rest, value, protocol)
    elif rest:
        raise Wrong(f"{'.'.join(path)}: {member} has no members")
    else:
        into[member] = _of_text(inner, value)


def _member_of_form(shape, sent, protocol):
    for name, member in (shape.members if shape is not None else {}).items():
        called = member.serialization.get("name", name)
        if protocol == "ec2":
            called = member.serialization.get("queryName", called[0].upper() + called[1:])
        if called == sent:
            return name
    raise Wrong(f"{sent} is no parameter of {shape.name if shape is not None else 'an operation without any'}")


def _of_text(shape, text):
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
    except (ValueError, KeyError):
        raise Wrong(f"{shape.name}: {text!r} is no {kind}") from None
    return text


def _decode_json(request, service, operation):
    _expect_header(request, "content-type", f"application/x-amz-json-{service.metadata['jsonVersion']}")
    _expect_header(request, "x-amz-target", f"{service.metadata['targetPrefix']}.{operation.name}")
    return json.loads(request["body"])


def _decode_rest(request, operation):
    url = urllib.parse.urlsplit(request["target"])
    query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
    template = urllib.parse.urlsplit(operation.http["requestUri"])
    for name, value in urllib.parse.parse_qsl(template.query, keep_blank_values=True):
        if query.pop(name, None) != value:
            raise Wrong(f"the query lacks {name}={value}")
    pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(template.path))
    path = re.fullmatch(pattern, url.path)
    if path is None:
        raise Wrong(f"the path {url.path} does not match {template.path}")
    parameters = {name: urllib.parse.unquote(value) for name, value in path.groupdict().items()}
    members = operation.input_shape.members
    for name, member in members.items():
        if member.serialization.get("location") == "querystring" and member.serialization["name"] in query:
            parameters[name] = _of_text(member, query.pop(member.serialization["name"]))
    if query:
        raise Wrong(f"{', '.join(query)} are no query parameters of {operation.name}")
    payload = operation.input_shape.serialization.get("payload")
    if payload and request["body"]:
        parameters[payload] = (_of_xml(members[payload], ElementTree.fromstring(request["body"]))
                               if members[payload].type_name == "structure" else request["body"])
    elif request["body"]:
        raise Wrong(f"{operation.name} has no body")
    return parameters


def _of_xml(shape, element):
    if shape.type_name != "structure":
        return _of_text(shape, element.text or "")
    found = {}
    for child in element:
        tag = child.tag.rpartition("}")[2]
        name = next((n for n, m in shape.members.items() if m.serialization.get("name", n) == tag), None)
        if name is None:
            raise Wrong(f"{tag} is no element of {shape.name}")
        if shape.members[name].type_name == "list":
            found.setdefault(name, []).append(_of_xml(shape.members[name].member, child))
        else:
            found[name] = _of_xml(shape.members[name], child)
    return found


def _values(parameters, shape):
    """What botocore checks before it sends, and the bounds, patterns and enumerations that it leaves to the service."""
    if shape is None:
        return [f"no parameters are taken, {sorted(parameters)} were sent"] if parameters else []
    report = validate.ParamValidator().validate(parameters, shape)
    problems = [report.generate_report()] if report.has_errors() else []
    return problems + list(_bounds(parameters, shape, shape.name))


def _bounds(value, shape, where):
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name in shape.members:
                yield from _bounds(inner, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            yield from _bounds(inner, shape.member, where)
    most = shape.metadata.get("max")
    if most is not None and (value if isinstance(value, (int, float)) else len(value)) > most:
        yield f"{where}: {value!r} is more than {most}"
    if shape.metadata.get("enum") and value not in shape.metadata["enum"]:
        yield f"{where}: {value!r} is none of {shape.metadata['enum']}"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not re.fullmatch(_python_pattern(pattern), value):
        yield f"{where}: {value!r} does not match {pattern}"


def _python_pattern(pattern):
    """The models' patterns are Java's, which writes code points and POSIX classes in another way."""
    pattern = re.sub(r"\\x\{?([0-9A-Fa-f]{4,6})\}?", lambda m: f"\\U{int(m[1], 16):08X}", pattern)
    return pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s")


def _round_trip(request, service, operation, parameters):
    serializer = serialize.create_serializer(service.metadata["protocol"], include_validation=False)
    again = serializer.serialize_to_request(parameters, operation)
    if request["method"] != again["method"]:
        yield f"{request['method']} is sent, {again['method']} is right"
    sent, right = urllib.parse.urlsplit(request["target"]), urllib.parse.urlsplit(again["url_path"])
    if sent.path != right.path:
        yield f"the path {sent.path} is sent, {right.path} is right"
    query = dict(urllib.parse.parse_qsl(right.query, keep_blank_values=True))
    query |= {name: str(value) for name, value in (again["query_string"] or {}).items()}
    if dict(urllib.parse.parse_qsl(sent.query, keep_blank_values=True)) != query:
        yield f"the query {sent.query} is sent, {query} is right"
    if not _same_body(request["body"], again["body"]):
        yield f"the body {request['body']} is sent, {again['body']} is right"
    for name, value in again["headers"].items():
        if name.lower() != "content-type" and _header(request, name) != str(value):
            yield f"the header {name} is {_header(request, name)}, not {value}"


def _same_body(sent, right):
    if isinstance(right, dict):
        return dict(urllib.parse.parse_qsl(sent, keep_blank_values=True)) == {k: _form_text(v) for k, v in right.items()}
    right = right.decode() if isinstance(right, bytes) else right or ""
    if sent.startswith("<"):
        return ElementTree.canonicalize(sent) == ElementTree.canonicalize(right)
    if sent.startswith("{"):
        return json.loads(sent) == json.loads(right)
    return sent == right


def _form_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def _header(request, name):
    return next((value for key, value in request["headers"].items() if key.lower() == name.lower()), None)


def _expect_header(request, name, value):
    if _header(request, name) != value:
        raise Wrong(f"the header {name} is {_header(request, name)!r}, not {value!r}")
