#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes text files as a C++ file, so that the executable needs no other.

usage: embed.py [--with-suffix] OUTPUT HEADER NAMESPACE TYPE FUNCTION FILE...

FUNCTION, declared by HEADER, gives a std::span of the files as TYPE{name, text}, two
std::string_view. A name is without its suffix unless that is asked for.
"""

import pathlib
import sys

FRAME = """\
// Made by tools/build/embed.py.
#include <array>

#include "{header}"

#pragma GCC diagnostic ignored "-Woverlength-strings"

namespace mimir::{namespace} {{
namespace {{

using namespace std::string_view_literals;  // which know their length

constexpr std::array kFiles{{
{files}}};

}}  // namespace

std::span<const {type}> {function}() {{ return kFiles; }}

}}  // namespace mimir::{namespace}
"""


def main():
    arguments = sys.argv[1:]
    with_suffix = arguments[0] == "--with-suffix"
    output, header, namespace, kind, function, *names = arguments[with_suffix:]
    files = ""
    for name in map(pathlib.Path, names):
        document = name.read_text(encoding="utf-8")
        if ')embedded"' in document:
            sys.exit(f"error: {name} holds what ends a raw string\n  hint: change the delimiter")
        title = name.name if with_suffix else name.stem
        files += f'    {kind}{{"{title}", R"embedded({document})embedded"sv}},\n'
    text = FRAME.format(header=header, namespace=namespace, files=files, type=kind,
                        function=function)
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
