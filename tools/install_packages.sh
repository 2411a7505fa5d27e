#!/bin/bash
# Installs what is missing of tools/packages.txt: the group build, and with
# --tests the group test too. Needs no network when nothing is missing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
groups='build'
[ "${1:-}" = '--tests' ] && groups='build|test'

mapfile -t wanted < <(awk -v groups="^($groups)\$" '$1 ~ groups {print $2}' "$here/packages.txt")
missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = 'installed' ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: packages are missing, and this user may not install them" >&2
    echo "  hint: as root: apt-get install ${missing[*]}" >&2
    exit 3
  fi
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
log=$(mktemp)
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
# The lists may be old or not there at all: then fetch them and try again.
if ! install; then
  "${as_root[@]}" apt-get update >>"$log" 2>&1 || true
  if ! install; then
    tail -n 20 "$log" >&2
    echo "error: apt-get could not install them" >&2
    echo "  hint: apt-get update && apt-get install ${missing[*]}" >&2
    exit 3
  fi
fi
rm -f "$log"
