#!/bin/sh
# Makes what the interop tests talk with: .venv (Python: AWS's own clients, two emulators, TDS clients) and
# tests/node_modules (tedious). Versions are pinned, and nothing is done when they are there already.
#
# Where a registry can't be reached, this warns and succeeds: the tests in need are then reported as skipped. With
# CI=true it fails.
set -eu
cd "$(dirname "$0")/.."

warn_or_fail() {
  echo "venv: $1 could not be installed; the tests that need it will be SKIPPED" >&2
  case "${CI:-}" in '' | 0 | false) return 0 ;; *) exit 1 ;; esac
}

# up_to_date STAMP FILE...: STAMP holds the files' present checksums.
up_to_date() {
  stamp=$1
  shift
  [ -f "$stamp" ] && sha256sum "$@" | cmp -s - "$stamp"
}

install_python() {
  up_to_date .venv/installed tests/requirements.txt tests/constraints.txt && return 0
  rm -rf .venv
  # Debian's Python 3.11, whichever other python3 is on PATH: it is the one that the pins were tested with.
  "${PYTHON:-/usr/bin/python3}" -m venv .venv &&
    .venv/bin/pip install --quiet --disable-pip-version-check \
      --requirement tests/requirements.txt --constraint tests/constraints.txt &&
    sha256sum tests/requirements.txt tests/constraints.txt > .venv/installed
}

install_node() {
  up_to_date tests/node_modules/.installed tests/package.json tests/package-lock.json && return 0
  (cd tests && npm ci --silent --no-fund --no-audit) &&
    sha256sum tests/package.json tests/package-lock.json > tests/node_modules/.installed
}

install_python || {
  rm -rf .venv
  warn_or_fail 'the Python packages of tests/requirements.txt'
}
install_node || {
  rm -rf tests/node_modules
  warn_or_fail 'the Node.js packages of tests/package.json'
}
