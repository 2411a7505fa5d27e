#!/bin/bash
# Every test of Mimir on a fresh machine: installs what it needs, then the stages
#
#   release  build with g++; all tests
#   lint     layers, style, format, headers, symbols of the packet path
#   asan     addresses and undefined behaviour, built with clang++; all tests
#   figures  equal ones from both compilers: of the executables of release and asan
#   tsan     races, built with clang++; the tests of what two threads share
#
# usage: tools/test.sh [--quick | --only STAGE]...    --quick: release alone
#
# A stage that fails does not stop the next one. Ends with `N passed, N failed, N skipped`,
# a case of GoogleTest being one; the logs are .build/STAGE/meson-logs/.
set -euo pipefail

cd "$(dirname "$0")/.."

usage() {
  echo "error: $1" >&2
  echo '  hint: tools/test.sh [--quick | --only release|lint|asan|figures|tsan]...' >&2
  exit 2
}

stages=()
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h)
      sed -n '2,/^set /{/^# \{0,1\}/s///p}' "$0"
      exit 0
      ;;
    --quick) stages+=(release) ;;
    --only)
      case "${2:-}" in
        release | lint | asan | figures | tsan) stages+=("$2") ;;
        *) usage "no stage \`${2:-}\`" ;;
      esac
      shift
      ;;
    *) usage "unknown argument \`$1\`" ;;
  esac
  shift
done
[ ${#stages[@]} -gt 0 ] || stages=(release lint asan figures tsan)

tools/install_packages.sh --tests

logs=()    # what `meson test` wrote of each stage
broken=()  # what failed where no test could tell
processes=$(($(nproc) + 1))  # of tests: those of an appliance mostly wait
say() { echo "== $1 (${SECONDS} s)" >&2; }

# setup BUILD: once; afterwards ninja sees to it.
setup() {
  [ ! -f ".build/$1/build.ninja" ] || return 0
  mkdir -p .build
  meson setup --native-file "tools/build/$1.ini" ".build/$1" . >".build/$1-setup.log" 2>&1 ||
    { cat ".build/$1-setup.log" >&2 && return 1; }
}

# check STAGE BUILD [MESON-TEST-ARGUMENT ...]: meson builds what these tests need, no more.
check() {
  local stage=$1 build=$2 log=.build/$2/meson-logs/$1
  shift 2
  say "$stage"
  if ! setup "$build"; then
    broken+=("$stage: meson setup")
    return
  fi
  # Reports of an earlier run must not speak for a program that now crashes.
  rm -f ".build/$build"/*.xml "$log".*
  meson test -C ".build/$build" --logbase "$stage" --print-errorlogs --num-processes "$processes" \
    "$@" >&2 || true
  if [ -f "$log.junit.xml" ]; then
    logs+=("$log")
  else
    broken+=("$stage: build")
  fi
}

# The executable too, which the tests of other stages may not need.
build_mimir() {
  if ! { setup "$1" && ninja -C ".build/$1" --quiet tools/mimir >&2; }; then
    broken+=("$1: tools/mimir")
    return 1
  fi
}

compare_compilers() {
  say 'figures: of both compilers'
  build_mimir release && build_mimir asan || return 0
  python3 tests/end_to_end/compilers_test.py .build/{release,asan}/tools/mimir >&2 ||
    broken+=('figures: of both compilers')
}

for stage in "${stages[@]}"; do
  case "$stage" in
    release)
      say 'release: build'
      build_mimir release || true
      check release release --no-suite lint
      ;;
    lint) check lint release --suite lint ;;
    asan) check asan asan --no-suite lint --timeout-multiplier 5 ;;
    figures) compare_compilers ;;
    tsan) check tsan tsan --suite tsan --timeout-multiplier 5 ;;
  esac
done

say 'all stages'
faults=()
for fault in "${broken[@]}"; do
  faults+=(--broken "$fault")
done
python3 tools/build/test_summary.py "${faults[@]}" "${logs[@]}"
