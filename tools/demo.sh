#!/bin/bash
# Mimir on a fresh machine: installs what it needs, builds, and runs
# `mimir demo`, which takes the arguments. Everything lands below .build/.
set -euo pipefail

cd "$(dirname "$0")/.."
tools/install_packages.sh
mkdir -p .build
if [ ! -f .build/release/build.ninja ]; then
  echo 'preparing the build' >&2
  meson setup --native-file tools/build/release.ini .build/release . >.build/release-setup.log 2>&1 ||
    { cat .build/release-setup.log >&2 && exit 3; }
fi
echo 'building (some minutes the first time)' >&2
ninja -C .build/release --quiet tools/mimir >&2
exec .build/release/tools/mimir demo --out .build/demo "$@"
