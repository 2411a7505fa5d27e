#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the packet path asks of others: only what is listed here.

An allocation, an exception, a lock or a copy that the compiler did not inline is an undefined
symbol of the object that wants it.

usage: hot_symbols.py LIBRARY.a...
"""

import re
import subprocess
import sys

# Why each may stay.
ALLOWED = {
    "_GLOBAL_OFFSET_TABLE_": "position-independent code",
    "__stack_chk_fail": "a hardened build",
    "memchr": "the end of a line or a name; never allocates",
    "memcmp": "a comparison of addresses; never allocates",
    "hs_scan": "patterns; works in memory it was given at the start",
    "madvise": "slot memory, once at the start",
    "mmap": "slot memory, once at the start",
    "mmap64": "slot memory, once at the start",
    "munmap": "slot memory, once at the end",
    "sched_yield": "a worker that waits for a reader of a full ring, offline",
}
SANITIZER = re.compile(r"\b__(asan|tsan|ubsan)_")
SKIPPED = 77  # as meson reads it
OBJECT = re.compile(r"^(?P<object>\S+\.o):$")
UNDEFINED = re.compile(r"^\s+[Uw] (?P<symbol>.+)$")


def faults(listing):
    """Faults of the text that `nm --undefined-only --demangle` prints."""
    name = "?"
    for line in listing.splitlines():
        match = OBJECT.match(line)
        if match is not None:
            name = match["object"]
            continue
        match = UNDEFINED.match(line)
        if match is None:
            continue
        symbol = match["symbol"]
        if symbol.startswith("mimir::") or symbol.split("@")[0] in ALLOWED:
            continue
        yield (f"{name}: error: the packet path calls {symbol}\n"
               "  hint: do without, or do it before the first packet in another library")


def main():
    found = []
    for library in sys.argv[1:]:
        listing = subprocess.run(["nm", "--undefined-only", "--demangle", library],
                                 capture_output=True, check=True, text=True).stdout
        if SANITIZER.search(listing):
            print("a sanitizer's calls are in the objects, and it allocates and locks")
            sys.exit(SKIPPED)
        if not OBJECT.search(listing.replace("\n\n", "\n").strip().split("\n")[0]):
            found.append(f"{library}: error: nm names no object in it\n"
                         "  hint: is it a static library of the packet path?")
        found += faults(listing)
    for fault in found:
        print(fault, file=sys.stderr)
    sys.exit(1 if found or len(sys.argv) == 1 else 0)


if __name__ == "__main__":
    main()
