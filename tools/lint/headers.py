#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every header compiles alone and twice: it brings what it needs, and is guarded.

A header that a source includes first compiles alone already, or the build would not have come
this far, and style.py sees its guard. The others are compiled here.

usage: headers.py ROOT COMPILER...
"""

import concurrent.futures
import os
import re
import subprocess
import sys

import tree

INCLUDE = re.compile(r"^#include [<\"]([^>\"]+)", re.M)
ERROR = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?:fatal )?error: (?P<said>.*)$", re.M)


def first_include(text):
    match = INCLUDE.search(text)
    return match[1] if match else None


def unproven(root):
    """The headers that no source includes before anything else."""
    sources = tree.files(root, (".cc",))
    proven = {first_include(tree.read(root, name)) for name in sources}
    return [name for name in tree.files(root, (".h",)) if name not in proven]


def check(root, compiler, name):
    """The first thing the compiler has to say of a header, which is what the rest follow from."""
    result = subprocess.run(
        [*compiler, "-std=c++20", "-fsyntax-only", "-I", root, "-x", "c++", "-"],
        input=f'#include "{name}"\n#include "{name}"\n',
        capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return []
    error = ERROR.search(result.stderr)
    if error is None:
        return [tree.Fault(name, 1, "does not compile alone", result.stderr.strip())]
    return [tree.Fault(os.path.relpath(error["path"], root), int(error["line"]), error["said"],
                       f"{name} is compiled alone and twice; let it include what it uses")]


def main():
    root, compiler = sys.argv[1], sys.argv[2:]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = pool.map(lambda name: check(root, compiler, name), unproven(root))
        tree.finish([fault for faults in tasks for fault in faults])


if __name__ == "__main__":
    main()
