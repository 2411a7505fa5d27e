#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The list of components says what the build files, the executable and npm's versions say.

usage: sbom_test.py SOURCE-ROOT SBOM MIMIR
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT, SBOM, MIMIR = (pathlib.Path(word) for word in sys.argv[1:4])
# Meson's name for what is the C library's.
OTHER_NAMES = {"threads": "glibc"}


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sbom = json.loads(SBOM.read_text(encoding="utf-8"))
        cls.components = {one["name"]: one for one in cls.sbom["components"]}

    def use_of(self, name):
        return self.components[name]["properties"][0]["value"]

    def test_its_form(self):
        self.assertEqual((self.sbom["bomFormat"], self.sbom["specVersion"]), ("CycloneDX", "1.5"))
        references = [one["bom-ref"] for one in self.sbom["components"]]
        self.assertEqual(len(set(references)), len(references))
        relation, = self.sbom["dependencies"]
        self.assertEqual(relation["ref"], self.sbom["metadata"]["component"]["bom-ref"])
        self.assertLessEqual(set(relation["dependsOn"]), set(references))
        for one in self.sbom["components"]:
            self.assertRegex(one["version"], r"^\d+(\.\d+)+$", one["name"])
            self.assertTrue(one["licenses"] and one["description"], one["name"])

    def test_every_dependency_of_a_build_file_is_in_it(self):
        named = set()
        for file in ROOT.rglob("meson.build"):
            if ".build" not in file.parts:
                named |= set(re.findall(r"dependency\('([^']+)'", file.read_text(encoding="utf-8")))
        self.assertGreater(len(named), 15)
        self.assertEqual({OTHER_NAMES.get(name, name) for name in named} - set(self.components),
                         set())
        shipped = {name for name in self.components if self.use_of(name) in ("shared", "headers")}
        self.assertEqual(shipped - {OTHER_NAMES.get(name, name) for name in named}, {"libstdc++"})

    def test_every_library_that_is_loaded_is_in_it(self):
        if shutil.which("readelf") is None:
            self.skipTest("readelf is not installed")
        listed = subprocess.run(["readelf", "-d", str(MIMIR)], capture_output=True, text=True,
                                check=True).stdout
        needed = {name for name in re.findall(r"\(NEEDED\).*\[(.*)\]", listed)
                  if not re.match(r"lib(a|ub|t)san", name)}
        self.assertGreater(len(needed), 10)
        begins = {}
        for line in (ROOT / "tools/build/components.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, _, _, files = line.split()[:4]
                begins[OTHER_NAMES.get(name, name)] = [] if files == "-" else files.split(",")
        for library in needed:
            owners = [name for name, files in begins.items()
                      if any(library.startswith(file) for file in files)]
            self.assertEqual(len(owners), 1, f"{library}: {owners}")
            self.assertEqual(self.use_of(owners[0]), "shared", library)
        for name, files in begins.items():
            is_loaded = any(library.startswith(file) for library in needed for file in files)
            self.assertEqual(is_loaded, self.use_of(name) == "shared", name)

    def test_versions_are_those_that_pkg_config_has(self):
        if shutil.which("pkg-config") is None:
            self.skipTest("pkg-config is not installed")
        known = 0
        for name, one in self.components.items():
            asked = subprocess.run(["pkg-config", "--modversion", name], capture_output=True,
                                   text=True, check=False)
            if asked.returncode == 0:
                self.assertEqual(one["version"], asked.stdout.strip(), name)
                known += 1
        self.assertGreater(known, 10)

    def test_what_is_bundled_has_the_version_that_was_fetched(self):
        script = (ROOT / "tools/build/update_web.sh").read_text(encoding="utf-8")
        fetched = dict(re.findall(r"^(\w+)=([\d.]+)$", script, re.MULTILINE))
        bundled = {name: one["version"] for name, one in self.components.items()
                   if one["purl"].startswith("pkg:npm/")}
        self.assertEqual(bundled, fetched)
        for name in bundled:
            licence = ROOT / "controlplane/web/vendor" / f"{name}.LICENSE"
            self.assertIn("Permission is hereby granted, free of charge",
                          " ".join(licence.read_text(encoding="utf-8").split()))
            self.assertEqual(self.components[name]["licenses"], [{"license": {"id": "MIT"}}])

    def test_no_gpl_is_linked_but_by_the_compilers_exception(self):
        for name, one in self.components.items():
            text = json.dumps(one["licenses"])
            if "GPL" in text:
                self.assertRegex(text, "LGPL-2.1-or-later|WITH GCC-exception-3.1", name)
                self.assertIn(name, {"glibc", "libstdc++"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
