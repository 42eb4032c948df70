"""Collects everything that a process shows of itself, and looks for secrets in it."""

import base64
import contextlib
import json
import pathlib
import subprocess
import threading
import time
import urllib.parse


def forms(secret):
    """The byte strings that a secret may leak as."""
    raw = secret.encode()
    return {
        "plain": raw,
        "base64": base64.b64encode(raw).rstrip(b"="),
        "base64url": base64.urlsafe_b64encode(raw).rstrip(b"="),
        "URL-encoded": urllib.parse.quote(secret, safe="").encode(),
        "escaped in JSON": json.dumps(secret).strip('"').replace("/", "\\/").encode(),
        "hexadecimal": raw.hex().encode(),
        "UTF-16": secret.encode("utf-16-le"),
    }


class Collector:
    """What was seen where: place -> set of contents."""

    def __init__(self, folders):
        self._folders, self.seen = [pathlib.Path(folder) for folder in folders], {}

    def add(self, place, content):
        self.seen.setdefault(place, set()).add(content.encode() if isinstance(content, str) else content)

    def run(self, arguments, env, timeout=120):
        """Runs a program to its end: its output, and over and over its argv, environment, children and files."""
        process = subprocess.Popen(arguments, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stop = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(process.pid, stop))
        watcher.start()
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            stop.set()
            watcher.join()
            if process.poll() is None:
                process.kill()
                process.wait()
        self.add("stdout", out)
        self.add("stderr", err)
        self.look_at_files()
        return process.returncode, out.decode(), err.decode()

    def _watch(self, pid, stop):
        while not stop.is_set():
            for one in [pid, *_descendants(pid)]:
                for what in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        self.add(f"{what} of {'keyturn' if one == pid else 'a child'}", pathlib.Path(f"/proc/{one}/{what}").read_bytes())
            self.look_at_files()
            time.sleep(0.02)

    def look_at_files(self):
        for folder in self._folders:
            for file in folder.rglob("*"):
                with contextlib.suppress(OSError):  # gone again
                    if file.is_file():
                        self.add(f"file {file.relative_to(folder.parent)}", file.read_bytes())

    def leaks(self, secrets):
        """[place: which secret, in which form]; `secrets` are named, so that nothing here repeats one."""
        return sorted(f"{place}: {name}, {form}" for place, contents in self.seen.items() for name, secret in secrets.items()
                      for form, needle in forms(secret).items() if any(needle in content for content in contents))


def _descendants(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


class SecretReader:
    """Reads every value that a secret ever has, while others change it."""

    def __init__(self, client, secret_id):
        self._client, self._id, self.values = client, secret_id, {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def look(self):
        for version in self._client.list_secret_version_ids(SecretId=self._id, IncludeDeprecated=True)["Versions"]:
            if version["VersionId"] not in self.values:
                value = self._client.get_secret_value(SecretId=self._id, VersionId=version["VersionId"])
                self.values[version["VersionId"]] = value["SecretString"]

    def _run(self):
        while not self._stop.wait(0.1):
            self.look()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self.look()
