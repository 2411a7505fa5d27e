#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the tests of several meson runs and ends with the one line that a reader of
a log looks for: `N passed, N failed, N skipped`. A case of GoogleTest counts as one test, and
so does a program that says nothing of its cases.

usage: test_summary.py [--broken NAME]... LOGBASE...

LOGBASE is what `meson test --logbase` was given, with its folder: LOGBASE.json and
LOGBASE.junit.xml are read. A LOGBASE without a log, and each --broken, count as one failed test.
"""

import argparse
import json
import sys
import xml.etree.ElementTree as ElementTree

FAILED = {"FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS"}


def read_run(base):
    """(passed, failures' names, skipped) of one run."""
    with open(base + ".json", encoding="utf-8") as file:
        programs = [json.loads(line) for line in file if line.strip()]
    passed, skipped, failures = 0, 0, []
    for suite in ElementTree.parse(base + ".junit.xml").getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failures.append(f'{suite.get("name")}.{case.get("name")}')
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                skipped += 1
            else:
                passed += 1
    # A program that crashed may have left no word of its cases.
    broken = [program["name"] for program in programs if program["result"] in FAILED]
    failures += [name for name in broken
                 if not any(is_of(failure, name) for failure in failures)]
    return passed, failures, skipped


def is_of(failure, program):
    """Whether a junit name tells of a case of this program (`project:suite / name`)."""
    name = program.rsplit(" / ", 1)[-1]
    return f".{name}." in failure or failure.endswith("." + name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broken", action="append", default=[])
    parser.add_argument("bases", nargs="*", metavar="LOGBASE")
    options = parser.parse_args()
    passed, skipped = 0, 0
    failures = list(options.broken)
    for base in options.bases:
        try:
            run = read_run(base)
        except (OSError, ValueError, ElementTree.ParseError) as error:
            failures.append(f"{base}: {error}")
            continue
        passed += run[0]
        failures += [f"{base}: {name}" for name in run[1]]
        skipped += run[2]
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{passed} passed, {len(failures)} failed, {skipped} skipped")
    sys.exit(1 if failures or passed == 0 else 0)


if __name__ == "__main__":
    main()
