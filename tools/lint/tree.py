# SPDX-License-Identifier: Apache-2.0
"""What the lints share: which files are ours, and how a fault is told."""

import os
import subprocess
import sys
from typing import NamedTuple


class Fault(NamedTuple):
    path: str
    line: int
    message: str
    hint: str

    def __str__(self):
        return f"{self.path}:{self.line}: error: {self.message}\n  hint: {self.hint}"


def files(root, suffixes):
    """The tree's files with one of these endings, sorted: git's, or without git all."""
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
    else:
        names = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, inside in os.walk(root) for name in inside]
        names = [name for name in names if not name.startswith(".") and "/." not in name]
    return sorted({name for name in names
                   if name.endswith(suffixes) and os.path.isfile(os.path.join(root, name))})


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8") as file:
        return file.read()


def finish(faults):
    """Prints the faults as a compiler would and ends the program."""
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)
