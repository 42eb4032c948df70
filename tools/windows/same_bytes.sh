#!/bin/sh
# Shows that the build for Windows is reproducible: clones the committed sources twice, into folders of different names and
# depths, builds both without the compiler cache, and compares the programs and the packages byte by byte.
#   tools/windows/same_bytes.sh [JOBS]
set -eu

jobs=${1:-$(nproc)}
root=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# Both are of one revision, whatever is committed meanwhile: the program says which it was built from.
revision=$(git -C "$root" rev-parse HEAD)

build() {
  git clone --quiet "$root" "$1"
  git -C "$1" checkout --quiet "$revision"
  (
    cd "$1"
    export CCACHE_DISABLE=1
    cmake --preset windows >/dev/null
    cmake --build --preset windows -j "$jobs" --target keyturn >/dev/null
    python3 tools/windows/package.py --keyturn build/windows/src/cli/keyturn.exe --out build/windows/keyturn-windows.zip
  )
}

build "$place/one"
build "$place/another/place/two"
for file in src/cli/keyturn.exe keyturn-windows.zip; do
  cmp "$place/one/build/windows/$file" "$place/another/place/two/build/windows/$file"
  sha256sum "$place/one/build/windows/$file" | sed "s|$place/one/||"
done
echo 'The same bytes from both.'
