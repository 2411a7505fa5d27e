#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks executables of two compilers for the same figures, and compares them byte for byte;
features, and scores of one model that the first of them trains, to 12 digits.

usage: compilers_test.py MIMIR OTHER-MIMIR
"""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile

SIMULATION = ["simulate", "--app", "sock-shop", "--duration", "3min", "--seed", "11", "--attack",
              "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=60", "--out"]
TRAINING = ["simulate", "--duration", "20min", "--users", "8", "--seed", "1", "--out", "benign"]
TOLERANCE = 1e-12


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


def train(mimir, folder):
    run(folder, mimir, *TRAINING)
    run(folder, mimir, "train", "benign/capture.pcap", "--entities", "benign/entities.jsonl",
        "--sensitive", "user-db", "--output", "shop.mimir")


def scores(mimir, folder, name):
    """How one executable judges the windows of its own capture with the model of both."""
    answer = run(folder, mimir, "score", "--windows", f"{name}/run/capture.pcap", "--model",
                 "shop.mimir", "--entities", f"{name}/run/entities.jsonl")
    return [json.loads(line) for line in answer.splitlines()]


def is_alike(value, other):
    """Whether two JSON values are the same, numbers within the tolerance."""
    if isinstance(value, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(
            is_alike(value[key], other[key]) for key in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(is_alike, value, other))
    return value == other


def score_faults(windows, others):
    """What two judgements of the same windows differ in."""
    if len(windows) != len(others) or not windows:
        return [f"{len(windows)} and {len(others)} windows were judged"]
    faults = []
    for window, other in zip(windows, others):
        if not is_alike(window, other):
            faults.append(f"{window} and {other}")
    return faults


def is_same_number(text, other):
    try:
        return math.isclose(float(text), float(other), rel_tol=TOLERANCE,
                            abs_tol=TOLERANCE)
    except ValueError:
        return text == other


def feature_faults(answer, other):
    """Features of both, cell by cell: the last digits of a sum may differ."""
    rows, others = (list(csv.reader(text.decode().splitlines())) for text in (answer, other))
    if len(rows) != len(others) or rows[:1] != others[:1]:
        return ["features: other columns or another number of windows"]
    return [f"features: line {number}, column {rows[0][column]}: "
            f"{cell} and {others[number][column]}"
            for number, row in enumerate(rows)
            for column, cell in enumerate(row)
            if not is_same_number(cell, others[number][column])][:10]


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
        train(mimirs[0], folder)
        faults = score_faults(*(scores(mimir, folder, str(index))
                                for index, mimir in enumerate(mimirs)))
    faults += feature_faults(one["features"], other["features"])
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    failed = bool(faults)
    for name, answer in one.items():
        if not answer:
            print(f"error: {name} is empty, so it proves nothing", file=sys.stderr)
            failed = True
        elif name != "features" and answer != other[name]:
            print(f"error: {name} differs: {first_difference(answer, other[name])}",
                  file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
