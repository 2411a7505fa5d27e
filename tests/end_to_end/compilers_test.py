#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks executables of two compilers for the same figures, and compares them byte for byte.

usage: compilers_test.py MIMIR OTHER-MIMIR
"""

import os
import subprocess
import sys
import tempfile

SIMULATION = ["simulate", "--app", "sockshop", "--duration", "3min", "--seed", "11", "--attack",
              "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=60", "--out"]


def run(folder, *command):
    answer = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if answer.returncode != 0:
        sys.exit(f"error: {' '.join(command)} ended with {answer.returncode}\n"
                 + answer.stderr.decode())
    return answer.stdout


def figures(mimir, folder):
    """What one executable simulates, and what it counts and computes of that."""
    os.mkdir(folder)
    run(folder, mimir, *SIMULATION, "run")
    answers = {}
    for name in ("capture.pcap", "entities.jsonl", "truth.jsonl"):
        with open(os.path.join(folder, "run", name), "rb") as file:
            answers[name] = file.read()
    answers["flows"] = run(folder, mimir, "flows", "--csv", "run/capture.pcap")
    answers["features"] = run(folder, mimir, "features", "run/capture.pcap",
                              "--entities", "run/entities.jsonl", "--sensitive", "user-db", "--csv")
    return answers


def first_difference(one, other):
    lines, others = one.splitlines(), other.splitlines()
    for number, (line, other_line) in enumerate(zip(lines, others), 1):
        if line != other_line:
            return f"line {number}: {line[:120]!r} and {other_line[:120]!r}"
    return f"{len(lines)} and {len(others)} lines"


def main():
    mimirs = [os.path.abspath(argument) for argument in sys.argv[1:3]]
    with tempfile.TemporaryDirectory() as folder:
        one, other = (figures(mimir, os.path.join(folder, str(index)))
                      for index, mimir in enumerate(mimirs))
    failed = False
    for name, answer in one.items():
        if not answer:
            print(f"error: {name} is empty, so it proves nothing", file=sys.stderr)
            failed = True
        elif answer != other[name]:
            print(f"error: {name} differs: {first_difference(answer, other[name])}",
                  file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
