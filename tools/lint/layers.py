#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include against tools/lint/layers.txt.

usage: layers.py ROOT
"""

import os
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Layers:
    """The table of layers.txt."""

    def __init__(self, text):
        self.rooms, self.exceptions, self.only, self.bans = {}, {}, {}, []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if ":" not in words or len(words) < 4:
                raise ValueError(f"layers.txt:{number}: not `RULE NAME... : NAME...`")
            rule, left = words[0], words[1:words.index(":")]
            right = tuple(words[words.index(":") + 1:])
            if rule == "ban":
                self.bans.append((frozenset(left), right))
                continue
            table = {"room": self.rooms, "except": self.exceptions, "only": self.only}.get(rule)
            if table is None or len(left) != 1:
                raise ValueError(f"layers.txt:{number}: unknown rule or too many names")
            table[left[0]] = right

    def check(self, name, text):
        """Every fault of one file."""
        room = max((r for r in self.rooms if name.startswith(r)), key=len, default=None)
        if room is None:
            return [tree.Fault(name, 1, "this folder has no room in tools/lint/layers.txt",
                               "sources live in the folders that it lists")]
        allowed = self.rooms[room] + self.exceptions.get(name, ())
        faults = []
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if match is None:
                continue
            ours, header = match[1] == '"', match[2]
            fault = self.ours(room, allowed, header) if ours else self.foreign(name, header)
            if fault is not None:
                faults.append(tree.Fault(name, number, *fault))
        return faults

    def ours(self, room, allowed, header):
        if "/" not in header or header.startswith("."):
            return (f'"{header}" is not written from the top of the tree',
                    f'write "{room}...", and <...> for what is not ours')
        if header.startswith(allowed):
            return None
        those = sorted(r for r, names in self.rooms.items() if header.startswith(names))
        return (f"{room} may not include {header}",
                f"only these may: {', '.join(those) or 'none'}")

    def foreign(self, name, header):
        for prefix, places in self.only.items():
            if header.startswith(prefix) and not name.startswith(places):
                return (f"<{header}> has its adapter elsewhere",
                        f"only these may include it: {', '.join(places)}")
        for headers, places in self.bans:
            if header in headers and name.startswith(places):
                return (f"<{header}> is banned here",
                        f"tools/lint/layers.txt has the reason; banned in {', '.join(places)}")
        return None


def main():
    root = sys.argv[1]
    table = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.txt")
    with open(table, encoding="utf-8") as file:
        layers = Layers(file.read())
    names = tree.files(root, (".h", ".cc"))
    tree.finish([fault for name in names for fault in layers.check(name, tree.read(root, name))])


if __name__ == "__main__":
    main()
