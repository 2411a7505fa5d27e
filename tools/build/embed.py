#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the built-in topologies as a C++ file, so that the executable needs no other.

usage: embed.py OUTPUT FILE...
"""

import pathlib
import sys

HEAD = """\
// Made by tools/build/embed.py from config/topology/.
#include <array>

#include "tools/simulator/topology_file.h"

namespace mimir::simulator {
namespace {

constexpr std::array kTopologies{
"""

TAIL = """\
};

}  // namespace

std::span<const BuiltInTopology> built_in_topologies() { return kTopologies; }

}  // namespace mimir::simulator
"""


def main():
    output, *names = map(pathlib.Path, sys.argv[1:])
    text = HEAD
    for name in names:
        document = name.read_text(encoding="utf-8")
        text += f'    BuiltInTopology{{"{name.stem}", R"topology({document})topology"}},\n'
    output.write_text(text + TAIL, encoding="utf-8")


if __name__ == "__main__":
    main()
