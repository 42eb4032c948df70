"""Runs the Windows programs of the build under Wine, each test in a Wine prefix (a Windows of its own: registry,
services, files) that goes with it.

Making a prefix takes seconds and most of a gigabyte; so one is made as a template, and the tests' are hard links to its
files. The registry's files are copies.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "windows"
KEYTURN = BUILD / "src" / "cli" / "keyturn.exe"
_PREFIXES = ROOT / "build" / "wine"
_TEMPLATE = _PREFIXES / "template"
# The script `wine` complains that there is no 32-bit Wine; none is needed.
_WINE = "/usr/lib/wine/wine64"
_SERVER = "/usr/lib/wine/wineserver64"

# No dialogues, no menus, neither .NET nor a browser to be offered; arguments are UTF-8 whatever the caller's locale is.
_SETTINGS = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=", "DISPLAY": "",
             "LC_ALL": "C.UTF-8"}


def windows_path(path):
    """How a program under Wine names a file of this machine."""
    return "Z:" + str(pathlib.Path(path).resolve()).replace("/", "\\")


def _environment(prefix, extra):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, **_SETTINGS, "WINEPREFIX": str(prefix), **extra}


def _make_template():
    if (_TEMPLATE / "complete").exists():
        return
    _PREFIXES.mkdir(parents=True, exist_ok=True)
    made = pathlib.Path(tempfile.mkdtemp(prefix="making-", dir=_PREFIXES))
    environment = _environment(made, {})
    # `wineboot --init` followed by other calls at once leaves two services.exe; this does not.
    subprocess.run([_WINE, "cmd", "/c", "ver"], env=environment, check=True, capture_output=True, timeout=300)
    subprocess.run([_SERVER, "-w"], env=environment, check=True, timeout=300)
    (made / "complete").touch()
    try:
        made.rename(_TEMPLATE)
    except OSError:  # another test was quicker
        shutil.rmtree(made)


class Prefix:
    """with Prefix() as windows: windows.run(KEYTURN, "discover")"""

    def __enter__(self):
        _make_template()
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="prefix-", dir=_PREFIXES))
        self.path.rmdir()
        subprocess.run(["cp", "-al", str(_TEMPLATE), str(self.path)], check=True)
        for hive in self.path.glob("*.reg"):
            hive.unlink()
            shutil.copy(_TEMPLATE / hive.name, hive)
        # Services end about a second after the last program; a server that stays keeps them. What it and they inherit
        # stays open as long.
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([_SERVER, "-p"], env=self.environment(), check=True, timeout=60, **quiet)
        subprocess.run(self.command("cmd", "/c", "ver"), env=self.environment(), check=True, timeout=120, **quiet)
        return self

    def __exit__(self, *_):
        subprocess.run([_SERVER, "-k"], env=_environment(self.path, {}), timeout=60, capture_output=True)
        subprocess.run([_SERVER, "-w"], env=_environment(self.path, {}), timeout=60, capture_output=True)
        shutil.rmtree(self.path)

    @property
    def drive_c(self):
        return self.path / "drive_c"

    def environment(self, **extra):
        """Of a process under Wine: nothing of the caller's but PATH, HOME and the like."""
        return _environment(self.path, extra)

    def command(self, program, *arguments):
        return [_WINE, str(program), *map(str, arguments)]

    def run(self, program, *arguments, timeout=120, environment=None, **options):
        """subprocess.CompletedProcess, with text; line ends as the program wrote them."""
        # Files, not pipes: Wine's own services inherit what the first program has, and would keep a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            result = subprocess.run(self.command(program, *arguments), env=self.environment(**(environment or {})),
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=timeout, **options)
            out.seek(0), err.seek(0)
            result.stdout, result.stderr = out.read().decode("utf-8"), err.read().decode("utf-8")
        return result

    def start(self, program, *arguments, environment=None, **options):
        return subprocess.Popen(self.command(program, *arguments), env=self.environment(**(environment or {})), **options)

    def seed(self, registry):
        """Adds the text of a .reg file (without its first line) to the registry."""
        file = self.path / "seed.reg"
        file.write_bytes(b"\xff\xfe" + ("Windows Registry Editor Version 5.00\r\n\r\n" + registry.replace("\n", "\r\n"))
                         .encode("utf-16-le"))
        self.run("regedit", "/S", windows_path(file), check=True)
