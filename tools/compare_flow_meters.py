#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs mimir and the flow meters that Debian has on the same capture: packets a CPU second, peak
memory, and whether each counted every packet.

Installs what is missing. Without --capture it makes one whose packets and flows are known. One
warm-up, then rounds in an order shuffled from a fixed seed; medians. Every process is counted
from its start to its end, mimir too. The capture lies on a disk and is read once before, so that
it is in the page cache as a file is that was found there; output goes to memory. A meter that
is slow (tshark) is given the head of the capture, and compared by packets a CPU second all the
same. Writes comparison.json and comparison.svg, prints the table.

Exit codes: 0 ok, 1 a meter failed or miscounted, 2 usage, 3 the machine lacks something.
"""

import argparse
import json
import multiprocessing
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare"))
import capture as made_capture
import measure
import meters
import report

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MEMORY_FOLDER = "/dev/shm"
CAPTURE_FOLDER = "/var/tmp"
SYSTEM_PYTHON = "/usr/bin/python3"
FLOW_COUNT = 10_000
SLOW_PACKETS = 300_000
SECONDS_MAX = 600
LOAD_MAX = 1.2
BYTES_A_PACKET = 400  # of a made capture, rounded up


class Lacking(Exception):
    """A message and its hint; exit code 3."""


def install(chosen):
    """What is missing of these meters and of the plot; a failure is told, not fatal: the
    meters that lack are named in the table."""
    wanted = [package for meter in chosen for package in meter.packages]
    wanted.append("python3-matplotlib")
    missing = [package for package in wanted if not is_installed(package)]
    if not missing:
        return
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y",
               "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        command = ["sudo", "--non-interactive", "env", "DEBIAN_FRONTEND=noninteractive", *command]
    say(f"installing {' '.join(missing)}")
    try:
        done = subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                              capture_output=True, check=False, text=True)
        problem = done.stderr.strip().splitlines()[-1:] if done.returncode else []
    except OSError as error:
        problem = [str(error)]
    if problem:
        say(f"warning: could not install: {problem[0]}\n"
            f"  hint: as root: apt-get update && apt-get install {' '.join(missing)}")


def is_installed(package):
    try:
        state = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
                               capture_output=True, check=False, text=True)
    except OSError:
        return False
    return state.stdout == "installed"


def say(text):
    print(text, file=sys.stderr, flush=True)


def version_of(meter, fill):
    """Its first figure with a dot; some print it only with their usage, and then fail."""
    try:
        answer = subprocess.run([part.format(**fill) for part in meter.version],
                                stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                text=True, timeout=60)
    except OSError:
        return None
    except subprocess.TimeoutExpired:
        return "unknown"
    found = re.search(r"\d+\.\d[\w.]*", answer.stdout + answer.stderr)
    return found.group(0).rstrip(".") if found else "unknown"


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def run_once(meter, fill):
    """(Cost, Counts) of one run; ValueError, OSError or TooLong say why there is none."""
    shutil.rmtree(fill["folder"], ignore_errors=True)
    os.makedirs(fill["folder"])
    for name, text in meter.files:
        with open(os.path.join(fill["folder"], name), "w", encoding="utf-8") as file:
            file.write(text.format(**fill))
    outputs = [os.path.join(fill["outputs"], name) for name in ("stdout", "stderr")]
    with open(outputs[0], "wb") as stdout, open(outputs[1], "wb") as stderr:
        cost = measure.run([part.format(**fill) for part in meter.command], stdout, stderr,
                           SECONDS_MAX)
    texts = [read_text(path) for path in outputs]
    if cost.exit_code != 0:
        last = texts[1].strip().splitlines()[-1:] or ["without a word"]
        raise ValueError(f"exit code {cost.exit_code}: {last[0][:200]}")
    if meter.readback:
        texts[0] = subprocess.run([part.format(**fill) for part in meter.readback],
                                  capture_output=True, check=True, text=True).stdout
    return cost, meter.read(*texts, fill["folder"])


def attempt(meter, fill, given, true_flows, result):
    """One run, or the reason why there is none in result["error"]."""
    try:
        cost, counts = run_once(meter, fill)
    except (OSError, ValueError, measure.TooLong, subprocess.CalledProcessError) as error:
        result["error"] = str(error)
        if isinstance(error, OSError) and meter.packages:
            result["error"] += f" (hint: apt-get install {' '.join(meter.packages)})"
        return None
    result["packets"], result["flows"] = counts
    result["error"] = "; ".join(meters.faults(meter, counts, given, true_flows))
    return None if result["error"] else cost


def summarise(result, costs, given, mapped_bytes):
    rates = [given / max(cost.cpu_seconds, 1e-6) for cost in costs]
    result.update(
        packets_per_cpu_second=statistics.median(rates), rate_min=min(rates),
        rate_max=max(rates), cpu_seconds=[round(cost.cpu_seconds, 4) for cost in costs],
        wall_seconds=statistics.median(cost.wall_seconds for cost in costs),
        peak_bytes=max(cost.peak_bytes for cost in costs), mapped_bytes=mapped_bytes)


def compare(chosen, options, fill, packet_count, true_flows):
    """A result of every meter, the failed ones too."""
    results = {}
    for meter in chosen:
        results[meter.name] = {
            "name": meter.name, "version": version_of(meter, fill), "flow_is": meter.flow_is,
            "writes": meter.writes,
            "is_mimir": meter.name == meters.MIMIR, "error": "", "packets": None, "flows": None,
            "command": " ".join(meter.command), "packets_given": packet_count,
            "packets_per_cpu_second": None}
        if meter.is_slow:
            results[meter.name]["packets_given"] = min(packet_count, SLOW_PACKETS)
    costs = {meter.name: [] for meter in chosen}
    loads = []
    order = random.Random(1)
    for number in range(options.rounds + 1):
        loads.append(os.getloadavg()[0])
        running = [meter for meter in chosen if not results[meter.name]["error"]]
        order.shuffle(running)
        for meter in running:
            say(f"{'warm-up' if number == 0 else f'round {number}'}: {meter.name}")
            given = results[meter.name]["packets_given"]
            cost = attempt(meter, {**fill, "packets": given}, given, true_flows,
                           results[meter.name])
            if cost and number > 0:
                costs[meter.name].append(cost)
    capture_bytes = os.path.getsize(fill["capture"])
    for meter in chosen:
        if not results[meter.name]["error"]:
            summarise(results[meter.name], costs[meter.name],
                      results[meter.name]["packets_given"],
                      capture_bytes if meter.maps_capture else 0)
    return list(results.values()), loads


def machine():
    found = re.search(r"model name\s*: (.*)", read_text("/proc/cpuinfo"))
    return {"processor": found.group(1) if found else platform.machine(),
            "processors": os.cpu_count(), "kernel": platform.release(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")}


def warm(path):
    """Into the page cache by reading ahead: what was written last lies there page by page."""
    with open(path, "rb", buffering=0) as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while file.read(1 << 20):
            pass


def take_capture(options, folder, fill):
    """(path, packets, {what a flow is: count} or None)."""
    if not options.capture:
        path = os.path.join(folder, "capture.pcap")
        if shutil.disk_usage(folder).free < BYTES_A_PACKET * options.packets:
            raise Lacking(f"{folder} has no room for {options.packets} packets\n"
                          "  hint: fewer with --packets, or a file with --capture")
        say(f"making a capture of {options.packets} packets and {FLOW_COUNT} flows")
        # In a process of its own: its memory would be the floor of every meter's peak.
        writer = multiprocessing.Process(target=made_capture.write,
                                         args=(path, options.packets, FLOW_COUNT))
        writer.start()
        writer.join()
        if writer.exitcode != 0:
            raise Lacking("the capture could not be made\n  hint: give one with --capture")
        return path, options.packets, {meters.BOTH_WAYS: FLOW_COUNT,
                                       meters.ONE_WAY: 2 * FLOW_COUNT,
                                       meters.ADDRESS_PAIR: FLOW_COUNT}
    path = os.path.abspath(options.capture)
    reference = next(meter for meter in meters.METERS if meter.name == meters.REFERENCE)
    try:
        packets = run_once(reference, {**fill, "capture": path})[1].packets
    except (OSError, ValueError, measure.TooLong) as error:
        raise Lacking(f"tcpdump cannot count the packets of {path}: {error}\n"
                      "  hint: a pcap or pcapng file, not compressed; apt-get install tcpdump") \
            from None
    if packets == 0:
        raise Lacking(f"{path} holds no packet\n  hint: give another capture")
    return path, packets, None


def notes(results, loads, floor, packet_count, capture_bytes):
    lines = [f"{packet_count} packets, {capture_bytes / packet_count:.0f} bytes each with their "
             f"record; load {min(loads):.1f} to {max(loads):.1f}; a peak below "
             f"{floor / report.MEBI:.0f} MiB cannot be seen, of several processes the greatest "
             "counts"]
    for result in results:
        if not result["error"] and result["mapped_bytes"]:
            own = max(result["peak_bytes"] - result["mapped_bytes"], 0)
            lines.append(f"{result['name']} maps the capture: less its pages the peak is "
                         f"{own / report.MEBI:.0f} MiB")
        if result["packets_given"] < packet_count:
            lines.append(f"{result['name']} was given the first {result['packets_given']} packets")
    if max(loads) > LOAD_MAX:
        lines.append("warning: the machine was not idle; shared caches and cores cost CPU time too")
    return lines


def plot(base):
    """By the interpreter that sees the distribution's modules, which need not be ours."""
    done = subprocess.run([SYSTEM_PYTHON, "-B", report.__file__, base + ".json", base + ".svg"],
                          capture_output=True, check=False, text=True)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["without a word"]
        say(f"warning: no plot: {reason[0]}\n  hint: apt-get install python3-matplotlib")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--mimir", default=os.path.join(ROOT, ".build/release/tools/mimir"),
                        help="the executable (default: .build/release/tools/mimir)")
    parser.add_argument("--capture", help="this pcap or pcapng file instead of one of its own")
    parser.add_argument("--packets", type=int, default=5_000_000,
                        help="of the capture of its own (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--out", default=os.path.join(ROOT, ".build/compare"),
                        help="folder of comparison.json and .svg (default: .build/compare)")
    parser.add_argument("--no-install", action="store_true", help="run what is there")
    options = parser.parse_args(arguments)
    # Fewer would leave flows without a packet of each direction.
    if options.packets < 50 * FLOW_COUNT:
        parser.error(f"--packets is less than {50 * FLOW_COUNT}\n  hint: 5000000")
    if options.rounds < 1:
        parser.error("--rounds is less than 1\n  hint: 5")
    if options.capture and not os.path.isfile(options.capture):
        parser.error(f"no file {options.capture}\n  hint: a pcap or pcapng file")
    return options


def main():
    options = parse(sys.argv[1:])
    if not os.access(options.mimir, os.X_OK):
        raise Lacking(f"no executable {options.mimir}\n  hint: tools/test.sh --quick builds it, "
                      "or name another with --mimir")
    if not options.no_install:
        install(meters.METERS)
    # Where some of the meters are, and where a user who is not root does not look.
    os.environ["PATH"] += ":/usr/sbin"
    os.makedirs(options.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="compare-", dir=MEMORY_FOLDER) as folder, \
            tempfile.TemporaryDirectory(prefix="compare-", dir=CAPTURE_FOLDER) as capture_folder:
        os.chmod(capture_folder, 0o755)  # tcpdump reads as a user of its own
        fill = {"mimir": os.path.abspath(options.mimir), "outputs": folder, "packets": 0,
                "folder": os.path.join(folder, "meter")}
        path, packet_count, true_flows = take_capture(options, capture_folder, fill)
        warm(path)
        fill["capture"] = path
        floor = measure.memory_floor()
        results, loads = compare(meters.METERS, options, fill, packet_count, true_flows)
        capture_bytes = os.path.getsize(path)
    lines = notes(results, loads, floor, packet_count, capture_bytes)
    print("\n".join([*report.table(results, meters.MIMIR), "", *lines]))
    base = os.path.join(options.out, "comparison")
    with open(base + ".json", "w", encoding="utf-8") as file:
        json.dump({"machine": machine(), "load_before_rounds": loads, "rounds": options.rounds,
                   "capture": {"packets": packet_count, "bytes": capture_bytes,
                               "is_made": not options.capture},
                   "memory_floor_bytes": floor, "meters": report.ranked(results), "notes": lines},
                  file, indent=2)
        file.write("\n")
    failed = [result for result in results if result["error"]]
    if len(failed) < len(results):
        plot(base)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Lacking as lacking:
        say(f"error: {lacking}")
        sys.exit(3)
