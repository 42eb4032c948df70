"""Where the package for AWS Lambda lies."""

import os
import pathlib

import pytest

from support import ROOT

PACKAGE = pathlib.Path(os.environ.get("KEYTURN_LAMBDA_ZIP", ROOT / "build/lambda/keyturn-lambda.zip"))


def package():
    """Its path, or a skip where it was not built."""
    if not PACKAGE.exists():
        pytest.skip(f"{PACKAGE} is not there; run make lambda")
    return PACKAGE
