#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files of the configuration as a C++ file, so that the executable needs no other.

usage: embed.py OUTPUT HEADER NAMESPACE TYPE FUNCTION FILE...

FUNCTION, declared by HEADER, gives a std::span of the files as TYPE{name, text}.
"""

import pathlib
import sys

FRAME = """\
// Made by tools/build/embed.py.
#include <array>

#include "{header}"

namespace mimir::{namespace} {{
namespace {{

constexpr std::array kFiles{{
{files}}};

}}  // namespace

std::span<const {type}> {function}() {{ return kFiles; }}

}}  // namespace mimir::{namespace}
"""


def main():
    output, header, namespace, kind, function, *names = sys.argv[1:]
    files = ""
    for name in map(pathlib.Path, names):
        document = name.read_text(encoding="utf-8")
        files += f'    {kind}{{"{name.stem}", R"embedded({document})embedded"}},\n'
    text = FRAME.format(header=header, namespace=namespace, files=files, type=kind,
                        function=function)
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
