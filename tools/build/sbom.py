#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the list of components (CycloneDX 1.5, JSON) of a build, without time or chance.

usage: sbom.py COMPONENTS VENDOR-README MIMIR-VERSION NAME=VERSION...

COMPONENTS is tools/build/components.txt, VENDOR-README the table of the dashboard's libraries,
NAME=VERSION what the build has found of each.
"""

import json
import platform
import re
import sys


def fail(message, hint):
    sys.exit(f"sbom.py: error: {message}\n  hint: {hint}")


def read_components(path):
    """(name, licence, use, what for) of every line."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, licence, use, _, purpose = line.split(None, 4)
                yield name, licence.replace("_", " "), use, purpose.strip()


def read_vendored(path):
    """(name, version, licence) of every row of the table, whose file is the first cell."""
    with open(path, encoding="utf-8") as file:
        yield from re.findall(r"^\| `.*` \| (\S+) (\S+) \| ([\w.-]+),", file.read(), re.MULTILINE)


def licence_of(text):
    if " " in text:
        return [{"expression": text}]
    return [{"license": {"id": text}}]


def component(name, version, licence, use, purpose, kind="generic"):
    reference = f"pkg:{kind}/{name}@{version}"
    return {"type": "library", "bom-ref": reference, "name": name, "version": version,
            "description": purpose, "scope": "excluded" if use == "test" else "required",
            "licenses": licence_of(licence), "purl": reference,
            "properties": [{"name": "mimir:use", "value": use}]}


def main():
    components, vendored, mimir_version, *found = sys.argv[1:]
    versions = dict(pair.split("=", 1) for pair in found)
    if versions.get("threads") == "unknown":
        versions["threads"] = platform.libc_ver()[1] or "unknown"
    listed = []
    for name, licence, use, purpose in read_components(components):
        if name not in versions:
            fail(f"nothing is known of the version of {name}", "tools/package/meson.build tells it")
        shown = {"threads": "glibc"}.get(name, name)
        listed.append(component(shown, versions[name], licence, use, purpose))
    for name, version, licence in read_vendored(vendored):
        listed.append(component(name, version, licence, "bundled", "the dashboard", "npm"))
    product = f"pkg:generic/mimir@{mimir_version}"
    shipped = [one["bom-ref"] for one in listed if one["scope"] == "required"]
    print(json.dumps({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": product, "name": "mimir",
                                   "version": mimir_version, "purl": product,
                                   "licenses": licence_of("Apache-2.0")}},
        "components": listed,
        "dependencies": [{"ref": product, "dependsOn": shipped}]}, indent=2))


if __name__ == "__main__":
    main()
