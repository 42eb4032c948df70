"""A function of AWS Lambda for tests: the package in an otherwise empty root, and the Runtime API that it talks with."""

import contextlib
import http.server
import json
import os
import queue
import re
import shutil
import subprocess
import threading
import time
import zipfile

import pytest

from lambda_package import package

ARN = "arn:aws:lambda:us-east-1:111122223333:function:keyturn"


def unzip(package_, folder):
    """As Lambda does it: modes are those of the zip."""
    with zipfile.ZipFile(package_) as archive:
        for entry in archive.infolist():
            archive.extract(entry, folder)
            (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777)


def _program(name):
    """Its path; what only root uses may not be in PATH."""
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") or pytest.skip(f"{name} is not installed")


def chroot():
    """The command that runs another one in an empty root, or a skip where this machine lets nobody do so."""
    if os.geteuid() == 0:
        return [_program("chroot")]
    if shutil.which("unshare") and subprocess.run(["unshare", "-Ur", "true"], check=False, capture_output=True).returncode == 0:
        return [_program("unshare"), "-Ur", _program("chroot")]
    return pytest.skip("neither root nor user namespaces: there is no way into an empty root")


class RuntimeApi:
    """One environment's Runtime API: hands out what a test invokes, and keeps what the runtime posts."""

    def __init__(self):
        self.posted, self._events, self._count, self.next_status = queue.Queue(), queue.Queue(), 0, 200
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                assert self.path == "/2018-06-01/runtime/invocation/next", self.path
                event = api._events.get()
                if event is None or api.next_status != 200:
                    return self.answer(500, b"{}")
                request_id, payload, seconds = event
                deadline = str(int((time.time() + seconds) * 1000))
                return self.answer(200, payload, {"Lambda-Runtime-Aws-Request-Id": request_id, "Lambda-Runtime-Deadline-Ms": deadline,
                                                  "Lambda-Runtime-Invoked-Function-Arn": ARN, "Lambda-Runtime-Trace-Id": "Root=1-a-b"})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                what = re.fullmatch(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)", self.path)
                assert what, self.path
                api.posted.put((what[2], what[1], dict(self.headers), json.loads(body)))
                self.answer(202, b"{}")

            def answer(self, status, body, headers=None):
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def invoke(self, event, seconds=900):
        """("response" | "error", the body) for an event, as a value or as bytes."""
        self._count += 1
        request_id = f"00000000-0000-0000-0000-{self._count:012}"
        self._events.put((request_id, event if isinstance(event, bytes) else json.dumps(event).encode(), seconds))
        kind, answered, headers, body = self.posted.get(timeout=seconds)
        assert answered == request_id
        if kind == "error":
            assert re.fullmatch(r"(Runtime|Function)\.[A-Z][a-zA-Z]+", headers["Lambda-Runtime-Function-Error-Type"])
            assert set(body) == {"errorMessage", "errorType", "stackTrace"}
        return kind, body

    def break_(self):
        """The environment is broken from now on: every further `next` is answered 500."""
        self.next_status = 500
        self._events.put(None)
        self._events.put(None)

    def close(self):
        self._events.put(None)
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()


class Function:
    """The package, started as Lambda starts it: in a root that holds it, an empty /tmp, and what `files` says."""

    def __init__(self, root, environment, files=None):
        (root / "var/task").mkdir(parents=True)
        (root / "tmp").mkdir()
        unzip(package(), root / "var/task")
        for path, text in (files or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        self.api = RuntimeApi()
        lambdas = {"AWS_LAMBDA_RUNTIME_API": self.api.address, "AWS_LAMBDA_FUNCTION_NAME": "keyturn", "_HANDLER": "bootstrap",
                   "LAMBDA_TASK_ROOT": "/var/task", "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin", "LANG": "en_US.UTF-8", "TZ": ":UTC",
                   "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
                   "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
        self.process = subprocess.Popen([*chroot(), str(root), "/var/task/bootstrap"], env={**lambdas, **environment},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def invoke(self, event, **how):
        return self.api.invoke(event, **how)

    def end(self):
        """Everything that it wrote."""
        self.process.kill()
        output, _ = self.process.communicate()
        self.api.close()
        return output

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.end()
