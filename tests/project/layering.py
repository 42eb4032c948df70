"""Includes and links run one way: docs/architecture.md draws it, this table is the law."""

import re

import tree

_BELOW_SETUP = {"base", "rotation", "login", "net", "aws", "sqlserver", "fleet"}
_BELOW_CLI = _BELOW_SETUP | {"report", "setup", "host", "lambda", "render", "doctor"}
_WORLD = {"base", "rotation", "net", "aws", "sqlserver"}

_LAYERED = ("src", "sim", "lab")  # tests/ may use anything

# component -> what it may use, itself aside
MAY_USE = {
    "base": set(),
    "rotation": {"base"},
    "login": {"base", "rotation"},
    "net": {"base", "rotation"},
    "aws": {"base", "rotation", "login", "net"},
    "sqlserver": {"base", "rotation"},
    "report": {"base", "rotation", "login"},
    "fleet": {"base", "rotation", "login", "net", "aws", "sqlserver", "report"},
    "host": {"base", "rotation", "fleet", "sqlserver", "report"},
    "setup": _BELOW_SETUP | {"report"},
    "doctor": _BELOW_SETUP | {"report", "setup", "render"},
    "render": {"base", "rotation", "setup", "sqlserver"},
    "lambda": _BELOW_SETUP | {"report", "setup"},
    "cli": _BELOW_CLI,
    "sim": _WORLD,
    "lab": _WORLD | {"sim"},
}

# The unit tests of a component may also stand on the simulated world.
_TESTS_MAY_ALSO_USE = {"sim"}

# All that src/rotation may take from outside: the standard library and two value libraries.
_ROTATION_EXTERNAL = re.compile(r"[a-z_0-9]+|fmt/[a-z]+\.h|tl/expected\.hpp")
_ROTATION_TEST_EXTERNAL = re.compile(r"g(test|mock)/[a-z]+\.h|rapidcheck(\.h|/.*)")

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
_COMPONENT = re.compile(r"keyturn_component\((\w+)([^)]*)\)")


def _component(path):
    parts = path.parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]


def check(root):
    problems = []
    for path in tree.files(root, ".cc", ".h"):
        if path.parts[0] not in _LAYERED:
            continue
        component = _component(path)
        if component not in MAY_USE:
            problems.append(f"{path}: tests/project/layering.py does not say what {component} may use")
            continue
        is_test = path.name.endswith("_test.cc") or path.name.startswith("test_")
        for kind, target in _INCLUDE.findall(tree.read(root, path)):
            problem = _external(component, target, is_test) if kind == "<" else _own(root, component, target, is_test)
            if problem:
                problems.append(f"{path}: includes {target}: {problem}")
    return problems + _links(root)


def _own(root, component, target, is_test):
    used = target.split("/")[0]
    if not ((root / "src" / target).exists() or (root / target).exists()):
        return "there is no such file; includes are written from src/ or from the root"
    if used == component or used in MAY_USE[component] or (is_test and used in _TESTS_MAY_ALSO_USE):
        return None
    return f"{component} may not use {used}"


def _external(component, target, is_test):
    if component != "rotation" or _ROTATION_EXTERNAL.fullmatch(target):
        return None
    if is_test and _ROTATION_TEST_EXTERNAL.fullmatch(target):
        return None
    return "rotation sees nothing but the standard library, fmt and tl::expected"


def _links(root):
    """DEPS of each CMakeLists.txt, which the linker goes by."""
    problems = []
    for path in tree.files(root, "CMakeLists.txt"):
        if path.parts[0] not in _LAYERED:
            continue
        for component, arguments in _COMPONENT.findall(tree.read(root, path)):
            linked = re.findall(r"\bkeyturn_(\w+)", arguments.split("TEST_DEPS")[0])
            problems += [
                f"{path}: links keyturn_{used}: {component} may not use {used}"
                for used in linked
                if used not in MAY_USE.get(component, set())
            ]
    return problems
