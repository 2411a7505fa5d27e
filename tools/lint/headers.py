#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every header compiles alone, and twice.

usage: headers.py ROOT COMPILER...
"""

import concurrent.futures
import os
import subprocess
import sys

import tree

# Third parties that are not in the compiler's own folders, by who includes them.
PACKAGES = {"dataplane/source/": "libdpdk", "model/": "eigen3", "tests/model/": "eigen3"}


def flags_of(package):
    return subprocess.run(["pkg-config", "--cflags", package], capture_output=True, check=True,
                          text=True).stdout.split()


def fault(root, compiler, flags, name):
    """What the compiler says of a file that includes only this header, twice."""
    run = subprocess.run(
        [*compiler, "-std=c++20", "-fsyntax-only", "-I.", *flags, "-x", "c++", "-"],
        cwd=root, input=f'#include "{name}"\n#include "{name}"\n', capture_output=True,
        check=False, text=True)
    if run.returncode == 0:
        return None
    said = next((line for line in run.stderr.splitlines() if "error:" in line), run.stderr.strip())
    return tree.Fault(name, 1, f"does not compile alone: {said}", "include what it uses")


def main():
    root, compiler = sys.argv[1], sys.argv[2:]
    flags = {folder: flags_of(package) for folder, package in PACKAGES.items()}
    names = tree.files(root, (".h",))

    def check(name):
        return fault(root, compiler,
                     next((f for folder, f in flags.items() if name.startswith(folder)), []), name)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tree.finish([found for found in pool.map(check, names) if found is not None])


if __name__ == "__main__":
    main()
