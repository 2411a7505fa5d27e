#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzzes the dataplane's entries for as long as one says, with coverage, and keeps what was
worth keeping.

Builds the targets twice below .build/: with libFuzzer, and without, which writes the seeds
(good frames and files made by the tests, and the packets of a folder of captures). Each target
runs in one process, with the address and undefined-behaviour sanitizers, against its naive
oracle. What it finds is left in .build/fuzz-finds/; --keep replaces the packed corpus that the
unit tests run with one that covers the same and is minimal.

usage: fuzz.py [--seconds N] [--captures FOLDER] [--keep] [TARGET...]

Exit codes: 0 nothing found, 1 an input broke a target, 2 usage, 3 a build failed.
"""

import argparse
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ["dissect", "capture", "flow_table"]
INPUT_BYTES_MAX = 4096


def build(kind, targets):
    folder = ROOT / ".build" / kind
    names = [f"tests/dataplane/{target}_fuzz" for target in targets]
    commands = [["ninja", "-C", str(folder), *names]]
    if not (folder / "build.ninja").is_file():
        commands.insert(0, ["meson", "setup", "--native-file", f"tools/build/{kind}.ini",
                            str(folder), "."])
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"error: {' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}",
                  file=sys.stderr)
            sys.exit(3)
    return [folder / name for name in names]


def pack(folder, path):
    """One file of all inputs, in an order that does not depend on the run."""
    inputs = sorted((file.read_bytes() for file in folder.iterdir()),
                    key=lambda data: (len(data), data))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(len(data).to_bytes(4, "little") + data for data in inputs))
    return len(inputs)


def run(fuzzer, arguments, log):
    """Its exit code, and the CPU seconds it was given: on a shared machine fewer than asked."""
    with open(log, "wb") as file:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = subprocess.run([fuzzer, *arguments], stdout=file, stderr=subprocess.STDOUT,
                              check=False).returncode
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fuzz(target, fuzzer, driver, options):
    finds = ROOT / ".build" / "fuzz-finds" / target
    finds.mkdir(parents=True, exist_ok=True)
    log = finds / "log"
    with tempfile.TemporaryDirectory() as scratch:
        seeds, corpus, minimal = (pathlib.Path(scratch) / name for name in "abc")
        for folder in (seeds, corpus, minimal):
            folder.mkdir()
        captures = [str(options.captures)] if options.captures else []
        subprocess.run([driver, "--write", seeds, *captures], check=True)
        code, cpu_s = run(fuzzer, [f"-max_total_time={options.seconds}",
                                   f"-max_len={INPUT_BYTES_MAX}", "-print_final_stats=1",
                                   f"-artifact_prefix={finds}/", corpus, seeds], log)
        text = log.read_text(errors="replace")
        runs = re.search(r"number_of_executed_units: (\d+)", text)
        cover = re.findall(r"cov: (\d+) ft: (\d+)", text)[-1:] or [("?", "?")]
        print(f"{target}: {runs[1] if runs else '?'} runs in {options.seconds} s "
              f"({cpu_s:.0f} of the CPU), "
              f"{cover[0][0]} edges, {cover[0][1]} features, "
              f"{'broken: see ' + str(finds) if code else 'nothing found'}")
        if code == 0 and options.keep:
            run(fuzzer, ["-merge=1", f"-max_len={INPUT_BYTES_MAX}", minimal, seeds, corpus],
                finds / "merge-log")
            count = pack(minimal, ROOT / "tests" / "dataplane" / "corpus" / target)
            print(f"{target}: {count} inputs kept")
    return code


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=1200, help="for each target")
    parser.add_argument("--captures", type=pathlib.Path, help="a folder of pcap files, as seeds")
    parser.add_argument("--keep", action="store_true", help="replace the corpora of the tests")
    parser.add_argument("targets", nargs="*", default=TARGETS, metavar="TARGET",
                        help=f"of {', '.join(TARGETS)}; all by default")
    options = parser.parse_args()
    if options.keep and options.captures:
        parser.error("a corpus that is kept is made without captures: drop --captures")
    unknown = [target for target in options.targets if target not in TARGETS]
    if unknown:
        parser.error(f"no target `{unknown[0]}`; there are {', '.join(TARGETS)}")
    fuzzers = build("fuzz", options.targets)
    drivers = build("release", options.targets)
    codes = [fuzz(*each, options) for each in zip(options.targets, fuzzers, drivers)]
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
