"""What the shipped programs are made of, as packages of the Debian machine that built them: asked of ninja, the linker's
table and the compiler, not listed by hand."""

import pathlib
import re
import sys
import zipfile

from debian import output_of, owner_of, package_named

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lambda"))
import package as lambda_package  # noqa: E402  (its folder is on the path only now)

# Headers that hold declarations alone.
_DECLARATIONS = {"linux-libc-dev"}
_MINGW = "x86_64-w64-mingw32-g++-posix"
_MINGW_LIBRARIES = ("libstdc++.a", "libgcc.a", "libgcc_eh.a", "libwinpthread.a", "libmingw32.a", "crt2u.o")
_BOOTSTRAP_LIBRARIES = ("libc.a", "libstdc++.a", "libgcc.a", "libgcc_eh.a", "crt1.o")


def owners(paths):
    """The packages that the files are of, each once, by name."""
    return sorted({package for path in paths if (package := owner_of(path))})


def headers(build):
    """The packages whose headers the program's own objects were compiled with."""
    paths, ours = set(), False
    for line in output_of("ninja", "-C", build, "-t", "deps").splitlines():
        if line.startswith("    "):
            if ours:
                paths.add(pathlib.Path(build, line.strip()).resolve())
        else:
            ours = line.startswith("src/") and "_test.dir/" not in line
    return owners(paths)


def linked(program):
    """The packages of the shared libraries that the loader gives to a program."""
    return owners(lambda_package.libraries_of(program).values())


def freetds():
    return package_named("tdsodbc")


def compiled_in(build, shared):
    """Of the headers' packages those whose code is nowhere but in the program: no library `shared` is of the same source."""
    sources = {package.source for package in shared}
    return [package for package in headers(build) if package.source not in sources | {"gcc-12"} and package.name not in _DECLARATIONS]


def compiler_files(compiler, names):
    return [output_of(compiler, f"-print-file-name={name}").strip() for name in names]


def lambda_bootstrap():
    """What the static launcher of the Lambda package is linked from."""
    return owners(compiler_files("c++", _BOOTSTRAP_LIBRARIES))


def windows(build):
    """All that is compiled or linked into keyturn.exe; Windows's own libraries are not part of it."""
    return sorted(set(headers(build)) | set(owners(compiler_files(_MINGW, _MINGW_LIBRARIES))))


def in_lambda_zip(archive, keyturn):
    """The packages whose files lie in the Lambda package. Refused where a file is not this machine's."""
    system = pathlib.Path("/usr/lib") / lambda_package.machine()
    driver = system / "odbc/libtdsodbc.so"
    files = {f"lib/{name}": path for name, path in lambda_package.libraries_of(keyturn, driver).items()}
    files |= {f"lib/gconv/{name}.so": system / f"gconv/{name}.so" for name in lambda_package.CONVERTERS}
    files["lib/libtdsodbc.so"] = driver
    with zipfile.ZipFile(archive) as opened:
        names = {name for name in opened.namelist() if re.search(r"^lib/.*\.so", name)}
        if names != set(files):
            raise SystemExit(f"package: {archive} has other libraries than this machine's: {sorted(names ^ set(files))}")
        for name, path in files.items():
            if opened.read(name) != pathlib.Path(path).read_bytes():
                raise SystemExit(f"package: {name} of {archive} is not this machine's {path}; make it again")
    return sorted(set(owners(files.values())) | {package_named("ca-certificates")})
