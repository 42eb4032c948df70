#!/bin/sh
# Installs the Debian 12 packages that build, tests and lints need. Safe to run again: with everything there it asks
# apt for nothing.
set -eu

packages='
  g++ cmake ninja-build ccache make pkg-config git
  clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev shellcheck
  libcurl4-openssl-dev libssl-dev nlohmann-json3-dev libpugixml-dev libtomlplusplus-dev libcli11-dev
  libfmt-dev libspdlog-dev libexpected-dev unixodbc-dev tdsodbc
  libsqlite3-dev
  g++-mingw-w64-x86-64-posix googletest wine wine64 libodbc2 libgnutls30 osslsigncode
  libgtest-dev libgmock-dev librapidcheck-dev
  dpkg-dev lintian mmdebstrap systemd
  freetds-bin openssl ca-certificates libkrb5-3 libltdl7 unzip zsh
  python3 python3-venv python3-pytest
'

# Where Node.js comes from elsewhere, Debian's npm conflicts with it: what is on PATH is used as it is.
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v apt-get >/dev/null; then
  echo "setup: this is not a Debian system; install by your own means:$packages" >&2
  exit 1
fi

missing=''
for package in $packages; do
  is_installed "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo 'setup: all packages are installed'
  exit 0
fi

as_root=''
[ "$(id -u)" -eq 0 ] || as_root='sudo'
export DEBIAN_FRONTEND=noninteractive
echo "setup: installing$missing"
# Another apt may be at work on a machine just started: wait for it, up to five minutes.
# shellcheck disable=SC2086  # words on purpose: no sudo for root, one word a package
{
  $as_root apt-get -o DPkg::Lock::Timeout=300 -qq update
  $as_root apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install $missing
}
