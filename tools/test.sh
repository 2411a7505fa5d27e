#!/bin/bash
# Every test of Mimir on a fresh machine: installs what it needs, then
#
#   release   build with g++, all tests and lints
#   clang     build with clang++, unit tests, and equal figures from both
#   asan      addresses and undefined behaviour: all tests but the slow ones
#   tsan      races: the ring, the worker, the collector
#
# tools/test.sh [--quick] [STAGE ...]    --quick: release only
set -euo pipefail

cd "$(dirname "$0")/.."
stages=()
for argument in "$@"; do
  case "$argument" in
    --quick) stages=(release) ;;
    release | clang | asan | tsan) stages+=("$argument") ;;
    *)
      echo "error: unknown argument \`$argument\`" >&2
      echo "  hint: tools/test.sh [--quick] [release clang asan tsan]" >&2
      exit 2
      ;;
  esac
done
[ ${#stages[@]} -gt 0 ] || stages=(release clang asan tsan)

tools/install_packages.sh --tests
builds=()
failed=0

say() { echo "== $1 ($SECONDS s)" >&2; }

# build STAGE [TARGET ...]
build() {
  local stage=$1
  shift
  local folder=.build/$stage
  if [ ! -f "$folder/build.ninja" ]; then
    mkdir -p .build
    if ! meson setup --native-file "tools/build/$stage.ini" "$folder" . >".build/$stage-setup.log" 2>&1; then
      cat ".build/$stage-setup.log" >&2
      exit 3
    fi
  fi
  say "$stage: build"
  ninja -C "$folder" --quiet "$@"
}

# check STAGE [MESON-TEST-ARGUMENT ...]
check() {
  local stage=$1
  shift
  say "$stage: tests"
  builds+=(".build/$stage")
  meson test -C ".build/$stage" --no-rebuild --print-errorlogs "$@" || failed=1
}

for stage in "${stages[@]}"; do
  build "$stage"
  case "$stage" in
    release) check release ;;
    clang)
      check clang --suite unit
      if [ -x .build/release/tools/mimir ]; then
        say 'clang: equal figures from both compilers'
        python3 tests/end_to_end/compilers_test.py \
          .build/release/tools/mimir .build/clang/tools/mimir || failed=1
      fi
      ;;
    asan) check asan --no-suite lint --timeout-multiplier 5 ;;
    tsan) check tsan --suite tsan --timeout-multiplier 5 ;;
  esac
done

say 'sum'
python3 tools/build/test_summary.py "${builds[@]}" || failed=1
exit $failed
