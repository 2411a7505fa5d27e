#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every source is as clang-format 14 writes it; --fix writes it so.

The version is pinned because each one formats differently, and the files come from git because
clang-format would take a meson.build for C++.

usage: format.py [--fix] ROOT
"""

import shutil
import subprocess
import sys

import tree

FORMATTER = "clang-format-14"
SKIPPED = 77  # as meson reads it


def main():
    arguments = sys.argv[1:]
    fix = "--fix" in arguments
    root = next(a for a in arguments if a != "--fix")
    if shutil.which(FORMATTER) is None:
        print(f"{FORMATTER} is not installed, and no other version formats alike")
        sys.exit(SKIPPED)
    names = tree.files(root, (".h", ".cc"))
    mode = ["-i"] if fix else ["--dry-run", "-Werror", "--ferror-limit=1"]
    run = subprocess.run([FORMATTER, *mode, *names], cwd=root, capture_output=True, check=False,
                         text=True)
    faults = [line for line in run.stderr.splitlines() if " error: " in line]
    for line in faults:
        print(f"{line}\n  hint: tools/lint/format.py --fix .", file=sys.stderr)
    if run.returncode != 0 and not faults:
        print(run.stderr, file=sys.stderr)
    sys.exit(1 if run.returncode != 0 else 0)


if __name__ == "__main__":
    main()
