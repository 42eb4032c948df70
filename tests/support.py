"""What several test suites need: the built programs, and packages that may be missing."""

import contextlib
import http.server
import importlib
import os
import pathlib
import shutil
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
NODE_MODULES = ROOT / "tests" / "node_modules"


def keyturn():
    """The path of the program under test; ctest says where it is."""
    return _program("KEYTURN", ROOT / "build/dev/src/cli/keyturn")


def keyturn_lab():
    return _program("KEYTURN_LAB", ROOT / "build/dev/lab/keyturn-lab")


def _program(variable, everyday):
    path = pathlib.Path(os.environ.get(variable, everyday))
    assert path.is_file(), f"{path} is not built; run make build"
    return str(path)


def package(name):
    """The Python package of tests/requirements.txt, or a skip where PyPI could not be reached."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name.split(".")[0]:
            raise
        return pytest.skip(f"the Python package {name} is not installed; tools/venv.sh", allow_module_level=True)


def venv_program(name):
    """The path of a program that a Python package brought along ("aws", "moto_server"), or a skip."""
    path = ROOT / ".venv" / "bin" / name
    if not path.exists():
        pytest.skip(f"{name} is not installed; tools/venv.sh", allow_module_level=True)
    return str(path)


def node_with(module):
    """The path of node, with `module` of tests/package.json installed, or a skip where npm could not reach it."""
    node = shutil.which("node")
    assert node, "node is not installed; tools/setup.sh does that"
    if not (NODE_MODULES / module).is_dir():
        pytest.skip(f"the Node.js module {module} is not installed; tools/venv.sh", allow_module_level=True)
    return node


@contextlib.contextmanager
def serving(handler):
    """The URL of an HTTP server of `handler` on a free port of loopback, until the context ends."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
