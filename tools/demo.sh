#!/bin/bash
# Mimir on a fresh machine: installs what it needs, builds, and runs
# `mimir demo` (arguments go there). Everything lands below .build/.
set -euo pipefail

cd "$(dirname "$0")/.."
tools/install_packages.sh
if [ ! -f .build/release/build.ninja ]; then
  meson setup --native-file tools/build/release.ini .build/release . >.build-setup.log 2>&1 || {
    cat .build-setup.log >&2
    exit 3
  }
  rm -f .build-setup.log
fi
echo "building" >&2
ninja -C .build/release --quiet tools/mimir
exec .build/release/tools/mimir demo --out .build/demo "$@"
