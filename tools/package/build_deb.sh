#!/bin/bash
# Builds .build/mimir_VERSION_ARCHITECTURE.deb of what `meson install` installs.
# Needs dpkg-dev beside what a build needs. The build folder may be given; it is
# .build/release, made if it is not there.
# Exit codes: 0 built, 2 usage, 3 something lacks (and what mends it).
set -euo pipefail

cd "$(dirname "$0")/../.."
if [ $# -gt 1 ] || [[ "${1:-}" == -* ]]; then
  echo 'error: unknown arguments' >&2
  echo '  hint: tools/package/build_deb.sh [BUILD-FOLDER]' >&2
  exit 2
fi
build=${1:-.build/release}
for tool in dpkg-deb dpkg-shlibdeps strip; do
  if ! command -v "$tool" >/dev/null; then
    echo "error: there is no $tool" >&2
    echo '  hint: apt-get install dpkg-dev binutils' >&2
    exit 3
  fi
done

files=tools/package
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
[ -d "$build" ] || meson setup --native-file tools/build/release.ini "$build" . >&2
ninja -C "$build" tools/mimir tools/package/mimir.1 tools/package/mimir \
  tools/package/mimir.cdx.json >&2
if [ "$(meson introspect "$build" --buildoptions |
  python3 -c 'import json, sys; print(*(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')" != /usr ]; then
  echo "error: $build installs elsewhere than below /usr" >&2
  echo "  hint: meson configure $build --prefix /usr" >&2
  exit 2
fi
# --no-rebuild: what was built is what is packed.
DESTDIR="$root" meson install -C "$build" --no-rebuild --quiet
gzip -9n "$root/usr/share/man/man1/mimir.1"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/mimir"

version=$(meson introspect "$build" --projectinfo | sed -n 's/.*"version": "\([^"]*\)".*/\1/p')
architecture=$(dpkg --print-architecture)
documents=$root/usr/share/doc/mimir
install -D -m 0644 "$files/copyright" "$documents/copyright"
{
  echo "mimir ($version) stable; urgency=medium"
  echo
  echo '  * See README.md.'
  echo
  echo " -- Mimir developers <mimir@mimir.invalid>  $(date --utc --rfc-email --date=@"${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}")"
} | gzip -9n >"$documents/changelog.gz"

# dpkg-shlibdeps wants a source package around it.
mkdir -p "$root/debian" "$root/DEBIAN"
printf 'Source: mimir\n\nPackage: mimir\nArchitecture: any\n' >"$root/debian/control"
libraries=$(cd "$root" && dpkg-shlibdeps -O --ignore-missing-info -e usr/bin/mimir 2>/dev/null |
  sed -n 's/^shlibs:Depends=//p')
rm -r "$root/debian"
size_kb=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE_KB@/$size_kb/" \
  -e "s/@SHARED_LIBRARIES@/$libraries/" "$files/control.in" >"$root/DEBIAN/control"
install -m 0755 "$files/postinst" "$files/prerm" "$files/postrm" "$root/DEBIAN/"
(cd "$root" && find etc -type f -printf '/%p\n' | sort) >"$root/DEBIAN/conffiles"
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 0755 {} +
package=.build/mimir_${version}_${architecture}.deb
mkdir -p .build
dpkg-deb --root-owner-group --build "$root" "$package" >&2
echo "$package"
