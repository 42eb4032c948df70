#!/usr/bin/env python3
"""Gathers what is shipped: the Debian package, the zips for AWS Lambda and for Windows, the list of their parts (SPDX),
and the checksums of all. The same programs and SOURCE_DATE_EPOCH give the same bytes.
"""

import argparse
import hashlib
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
import deb  # noqa: E402  (after the line above, so that the source tree stays clean)
import parts  # noqa: E402
import sbom  # noqa: E402
from debian import output_of  # noqa: E402


def related(relation, packages):
    return [(relation, package) for package in packages]


def check_version(told):
    """The package's changelog and the program tell the same version."""
    version = told.splitlines()[0].removeprefix("keyturn ")
    if deb.changelog("Version").rpartition("-")[0] != version:
        raise SystemExit(f"package: packaging/debian/changelog is not of version {version}, which the program has")
    return version


def make(options, out):
    """Writes everything into the empty folder `out`."""
    keyturn = options.build / "src/cli/keyturn"
    told = output_of(keyturn, "--version").strip()
    version = check_version(told)
    shared = parts.linked(keyturn)
    compiled = related("STATIC_LINK", parts.compiled_in(options.build, shared))
    with tempfile.TemporaryDirectory() as scratch:
        package = deb.build(keyturn, out, pathlib.Path(scratch))
    artifacts = [(package, related("DYNAMIC_LINK", shared) + related("DEPENDS_ON", [parts.freetds()]) + compiled)]

    for_lambda = out / f"keyturn-{version}-lambda-{deb.architecture()}.zip"
    shutil.copyfile(options.lambda_zip, for_lambda)
    artifacts.append((for_lambda, related("CONTAINS", parts.in_lambda_zip(for_lambda, keyturn)) + compiled
                      + related("STATIC_LINK", parts.lambda_bootstrap())))
    if options.windows_zip.exists():
        for_windows = out / f"keyturn-{version}-windows-amd64.zip"
        shutil.copyfile(options.windows_zip, for_windows)
        artifacts.append((for_windows, related("STATIC_LINK", parts.windows(options.windows_build))))
    else:
        print(f"package: {options.windows_zip} is not there, so there is no package for Windows")

    (out / f"keyturn-{version}.spdx.json").write_text(sbom.document(version, told, artifacts, deb.source_date_epoch()))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(out.iterdir())]
    (out / "SHA256SUMS").write_text("".join(sums))


def main():
    build = deb.ROOT / "build"
    parser = argparse.ArgumentParser(description="Gathers what is shipped of keyturn.")
    parser.add_argument("--build", type=pathlib.Path, default=build / "release", help="where keyturn was built for Linux")
    parser.add_argument("--windows-build", type=pathlib.Path, default=build / "windows", help="where it was built for Windows")
    parser.add_argument("--lambda-zip", type=pathlib.Path, default=build / "lambda/keyturn-lambda.zip")
    parser.add_argument("--windows-zip", type=pathlib.Path, default=build / "windows/keyturn-windows.zip")
    parser.add_argument("--out", type=pathlib.Path, default=build / "package", help="the folder to write; emptied before")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    make(options, options.out)
    for path in sorted(options.out.iterdir()):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
