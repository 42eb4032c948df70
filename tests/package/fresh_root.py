"""A fresh, minimal Debian 12 in a folder, and programs run in it."""

import os
import pathlib
import shutil
import subprocess


def _sources():
    """This machine's own Debian archives, a line each, as apt's sources.list has them."""
    told = subprocess.run(["apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                           "Created-By: Packages", "Origin: Debian"], check=True, capture_output=True, text=True).stdout
    return "".join(sorted({line + "\n" for line in told.splitlines()}))


class FreshRoot:
    """Debian's essential packages, apt, and man-db to read manual pages with."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "root"
        result = subprocess.run(
            ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--dpkgopt=force-unsafe-io", "--include=man-db",
             "--skip=cleanup/apt/lists", "bookworm", str(self.path), "-"],
            input=_sources(), capture_output=True, text=True, check=False, timeout=300)
        assert result.returncode == 0, result.stderr
        shutil.copyfile("/etc/resolv.conf", self.path / "etc/resolv.conf")

    def run(self, *command, env=None, check=True, timeout=120):
        """In the root, with processes and mounts of its own."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive",
                       "LC_ALL": "C.UTF-8", **{name: value for name, value in os.environ.items() if name.endswith("_proxy")},
                       **(env or {})}
        result = subprocess.run(["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.path}/proc", "chroot", self.path,
                                 *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                check=False, timeout=timeout)
        assert not check or result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
        return result

    def install(self, package, *more):
        """By apt, with all that the package depends on and nothing that it only recommends."""
        shutil.copy(package, self.path / "tmp")
        self.run("apt-get", "--quiet", "--yes", "--no-install-recommends", "install", f"/tmp/{package.name}", *more, timeout=300)
        (self.path / "tmp" / package.name).unlink()

    def files(self, name):
        """Paths in the root, of files and folders that are called so; /proc and /dev aside."""
        told = self.run("find", "/", "-xdev", "-name", name).stdout
        return {path for path in told.splitlines() if not path.startswith("/dev/")}
