"""The templates of deploy/, as the tests of this folder read them."""

import sys

from support import ROOT

DEPLOY = ROOT / "deploy"
TEMPLATE = DEPLOY / "cloudformation" / "keyturn.yaml"
TERRAFORM = DEPLOY / "terraform"

# deploy/ is no package: its programs are started where they lie.
sys.path.insert(0, str(DEPLOY))

import make  # noqa: E402
import template as template_reader  # noqa: E402


def text():
    return TEMPLATE.read_text(encoding="utf-8")


def parsed():
    return template_reader.parse(text())


__all__ = ["DEPLOY", "TEMPLATE", "TERRAFORM", "make", "parsed", "template_reader", "text"]
