#!/bin/bash
# Installs what is missing of tools/packages.txt: the group build, and with
# --tests the group test too. Needs no network when nothing is missing.
# Exit codes: 0 all there, 2 usage, 3 something lacks (and what mends it).
set -euo pipefail

groups='build'
case "${1:-}" in
  '') ;;
  --tests) groups='build|test' ;;
  *)
    echo "error: unknown argument \`$1\`" >&2
    echo '  hint: tools/install_packages.sh [--tests]' >&2
    exit 2
    ;;
esac

list=$(dirname "$0")/packages.txt
mapfile -t wanted < <(awk -v groups="^($groups)\$" '$1 ~ groups {print $2}' "$list")
missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = 'installed' ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo 'error: this machine has no apt-get; Mimir is built on Debian 12' >&2
  echo "  hint: install what these hold: ${missing[*]}" >&2
  exit 3
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
  [ -t 0 ] || as_root+=(--non-interactive)
  if ! command -v sudo >/dev/null || ! "${as_root[@]}" true; then
    echo 'error: packages are missing, and this user may not install them' >&2
    echo "  hint: as root: apt-get update && apt-get install ${missing[*]}" >&2
    exit 3
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}
install() { apt install -y --no-install-recommends "${missing[@]}"; }

echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
# The lists may be old, or not there at all: then fetch them and try again.
if ! install && ! { apt update && install; }; then
  tail -n 20 "$log" >&2
  echo 'error: apt-get could not install the packages' >&2
  echo "  hint: apt-get update && apt-get install ${missing[*]}" >&2
  exit 3
fi
