#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a formatter does not: lengths, first lines, what must not stay.

usage: style.py ROOT
"""

import re
import sys

import tree

FILE_LINES_MAX = 500
COLUMNS_MAX = 100
LICENCE = "SPDX-License-Identifier: Apache-2.0"

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def check(name, text):
    """Every fault of one file."""
    faults = []

    def add(line, message, hint):
        faults.append(tree.Fault(name, line, message, hint))

    lines = text.split("\n")
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    is_cpp = name.endswith((".h", ".cc"))
    is_code = is_cpp or name.endswith((".py", ".js"))
    if is_code and LICENCE not in first:
        add(1, "the first line does not name the licence", f"// {LICENCE}")
    if name.endswith(".h") and "#pragma once" not in lines:
        add(1, "the header lacks #pragma once", "write it on the second line")
    if text and not text.endswith("\n"):
        add(len(lines), "the last line does not end", "end it with a newline")
    if is_code and len(lines) - 1 > FILE_LINES_MAX:
        add(FILE_LINES_MAX + 1, f"{len(lines) - 1} lines are more than {FILE_LINES_MAX}",
            "split the file where its subject splits")
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            add(number, "a tab", "indent with spaces")
        if line != line.rstrip():
            add(number, "the line ends in a space", "delete it")
        if len(line) > COLUMNS_MAX and is_code:
            add(number, f"{len(line)} columns are more than {COLUMNS_MAX}", "break the line")
        if UNFINISHED.search(line) and not name.startswith(("tools/lint/", "tests/lint/")):
            add(number, "unfinished work", "do it, or open an issue and delete the note")
        if is_cpp and "using namespace" in line and name.endswith(".h"):
            add(number, "using namespace in a header", "write the names out")
        if is_cpp and re.search(r"\bstd::shared_ptr\b", line):
            add(number, "shared_ptr has no owner", "use a value, a unique_ptr or a span")
    return faults


def main():
    root = sys.argv[1]
    names = tree.files(root, (".h", ".cc", ".py", ".js", ".css", ".sh", ".ini", "meson.build"))
    tree.finish([fault for name in names if "/vendor/" not in name
                 for fault in check(name, tree.read(root, name))])


if __name__ == "__main__":
    main()
