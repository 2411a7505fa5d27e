#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the dashboard's files as a C++ file, so that the executable needs no other.

usage: embed_web.py OUTPUT FILE...
"""

import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8"}

HEAD = """\
// Made by tools/build/embed_web.py from controlplane/web/.
#include "controlplane/web/web_assets.h"

#include <array>

#pragma GCC diagnostic ignored "-Woverlength-strings"

namespace mimir::controlplane {
namespace {

using namespace std::string_view_literals;  // which know their length

constexpr std::array kAssets{
"""

TAIL = """\
};

}  // namespace

std::span<const WebAsset> web_assets() { return kAssets; }

}  // namespace mimir::controlplane
"""


def main():
    output, *names = map(pathlib.Path, sys.argv[1:])
    text = HEAD
    for name in names:
        content = name.read_text(encoding="utf-8")
        if ')web_asset"' in content:
            sys.exit(f"error: {name} holds what ends a raw string\n  hint: change the delimiter")
        path = "/" if name.name == "index.html" else f"/{name.name}"
        text += (f'    WebAsset{{"{path}", "{TYPES[name.suffix]}", '
                 f'R"web_asset({content})web_asset"sv}},\n')
    output.write_text(text + TAIL, encoding="utf-8")


if __name__ == "__main__":
    main()
