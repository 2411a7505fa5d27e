#!/bin/bash
# clang-tidy 14 over our sources, as clang++ compiles them.
#
#   tools/lint/tidy.sh            what differs from the last commit
#   tools/lint/tidy.sh --since R  what differs from revision R
#   tools/lint/tidy.sh --all      everything; 6 s of a core a file, ten minutes on two
#   tools/lint/tidy.sh FILE...    these, or all sources below these folders
set -euo pipefail

cd "$(dirname "$0")/../.."
database=.build/clang
case "${1:-}" in
  --all) mapfile -t names < <(git ls-files '*.cc') ;;
  --since) mapfile -t names < <(git diff --name-only --diff-filter=d "${2:?a revision}" -- '*.cc') ;;
  '') mapfile -t names < <(git diff --name-only --diff-filter=d HEAD -- '*.cc') ;;
  *) mapfile -t names < <(find "$@" -name '*.cc' | sort) ;;
esac
[ ${#names[@]} -gt 0 ] || exit 0

if [ ! -f $database/compile_commands.json ]; then
  mkdir -p .build
  meson setup --native-file tools/build/clang.ini $database . >&2
fi
printf '%s\0' "${names[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 -quiet -p $database 2>&1 |
  { grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?generated|^$' || true; }
