# SPDX-License-Identifier: Apache-2.0
"""The flow meters of Debian that read a capture, how each is run so that it drops nothing, and
how its own figures are read back.

Where a default would drop (softflowd ends flows beyond 8192, pmacctd fills a 4 MB pipe) the
command asks for more; where a generous table would only cost its owner zeroed memory, it is kept
near what the capture needs. Nobody exports to a port: where files can be written, files are.
"""

import csv
import os
import re
from typing import Callable, NamedTuple, Optional

# What a meter counts as one: both directions, one direction, a pair of addresses, nothing.
BOTH_WAYS, ONE_WAY, ADDRESS_PAIR, NOTHING = "both ways", "one way", "addresses", "none"


class Counts(NamedTuple):
    """What a meter says that it saw; None where it does not say."""
    packets: Optional[int]
    flows: Optional[int]


class Meter(NamedTuple):
    """Placeholders: {mimir} {capture} {packets} {folder}; the folder is empty before a run."""
    name: str
    packages: tuple
    flow_is: str
    writes: str                   # what it is asked for
    version: tuple
    command: tuple
    read: Callable                # (stdout, stderr, folder) -> Counts; ValueError: not found
    readback: tuple = ()          # run afterwards, not measured; its output is what is read
    files: tuple = ()             # (name, text) written to the folder before a run
    is_slow: bool = False         # is given the head of the capture alone
    maps_capture: bool = False    # the capture's pages are in its peak memory


def number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise ValueError(f"its output has no match of `{pattern}`")
    return int(found.group(1))


def columns(lines, names):
    """These columns of a CSV with a header, as integers."""
    rows = csv.DictReader(lines)
    if not set(names) <= set(rows.fieldnames or ()):
        raise ValueError(f"its output lacks the columns {' '.join(names)}")
    return [[int(row[name]) for name in names] for row in rows]


def read_mimir(stdout, stderr, _folder):
    rows = columns(stdout.splitlines(), ("packets", "reply_packets"))
    packets = sum(map(sum, rows))
    if packets != number(r"counted (\d+)", stderr):
        raise ValueError("the packets of its flows are not those of its ledger")
    return Counts(packets, len(rows))


def read_tcpdump(stdout, stderr, _folder):
    return Counts(number(r"(?m)^(\d+) packets?\b", stdout + stderr), None)


def read_softflowd(stdout, stderr, _folder):
    text = stdout + stderr
    if number(r"Flows expired: \d+ \((\d+) forced\)", text):
        raise ValueError("it ended flows for lack of room")
    return Counts(number(r"Packets processed: (\d+)", text), number(r"Flows expired: (\d+)", text))


def read_nfdump(stdout, _stderr, _folder):
    return Counts(number(r"(?m)^Packets: (\d+)", stdout), number(r"(?m)^Flows: (\d+)", stdout))


def read_argus(stdout, _stderr, _folder):
    rows = [line.split() for line in stdout.splitlines()]
    flows = [row for row in rows if len(row) == 2 and row[0] != "man"]
    return Counts(sum(int(row[1]) for row in flows), len(flows))


def read_pmacctd(_stdout, _stderr, folder):
    path = os.path.join(folder, "flows.csv")
    if not os.path.isfile(path):
        raise ValueError("it wrote no flows")
    with open(path, encoding="utf-8", newline="") as file:
        rows = columns(file, ("PACKETS",))
    return Counts(sum(map(sum, rows)), len(rows))


def read_ndpi(stdout, _stderr, _folder):
    return Counts(number(r"IP packets:\s+(\d+)", stdout), number(r"Unique flows:\s+(\d+)", stdout))


def read_tshark(stdout, _stderr, _folder):
    side = r"\s+(\d+)\s+[\d.,]+ [A-Za-z]+"
    totals = re.findall(r"<->\s+\S+" + 3 * side, stdout)
    if not totals:
        raise ValueError("its output has no conversations")
    return Counts(sum(int(row[2]) for row in totals), len(totals))


PMACCTD = """daemonize: false
plugins: print
aggregate: src_host,dst_host,src_port,dst_port,proto
print_output: csv
print_output_file: {folder}/flows.csv
print_cache_entries: 99991
print_refresh_time: 3600
plugin_pipe_size: 256000000
plugin_buffer_size: 256000
"""

MIMIR = "mimir flows"
REFERENCE = "tcpdump --count"  # says how many packets the capture holds

METERS = (
    Meter(MIMIR, (), BOTH_WAYS, "each flow, CSV",
          ("{mimir}", "--version"),
          ("{mimir}", "flows", "--csv", "--workers", "1", "{capture}"), read_mimir,
          maps_capture=True),
    Meter(REFERENCE, ("tcpdump",), NOTHING, "packet count",
          ("tcpdump", "--version"),
          ("tcpdump", "-r", "{capture}", "--count"), read_tcpdump),
    Meter("softflowd", ("softflowd",), BOTH_WAYS, "totals",
          ("softflowd", "-h"),
          ("softflowd", "-r", "{capture}", "-m", "4000000", "-T", "full"), read_softflowd),
    Meter("nfpcapd", ("nfdump",), ONE_WAY, "each flow, binary",
          ("nfpcapd", "-V"),
          ("nfpcapd", "-r", "{capture}", "-l", "{folder}", "-t", "3600", "-e", "300,60"),
          read_nfdump, readback=("nfdump", "-R", "{folder}", "-I")),
    Meter("argus", ("argus-server", "argus-client"), BOTH_WAYS, "each flow, binary",
          ("argus", "-h"),
          ("argus", "-X", "-S", "3600", "-r", "{capture}", "-w", "{folder}/flows.argus"),
          read_argus,
          readback=("ra", "-r", "{folder}/flows.argus", "-n", "-L", "-1", "-s", "proto", "pkts")),
    Meter("pmacctd", ("pmacct",), ONE_WAY, "each flow, CSV",
          ("pmacctd", "-V"),
          ("pmacctd", "-f", "{folder}/pmacctd.conf", "-I", "{capture}"), read_pmacctd,
          files=(("pmacctd.conf", PMACCTD),)),
    Meter("ndpiReader", ("libndpi-bin",), BOTH_WAYS, "totals",
          ("ndpiReader", "-h"),
          ("ndpiReader", "-i", "{capture}", "-T", "1", "-U", "1", "-d"), read_ndpi),
    Meter("tshark conv,ip", ("tshark",), ADDRESS_PAIR, "each pair, text",
          ("tshark", "--version"),
          ("tshark", "-q", "-z", "conv,ip", "-r", "{capture}", "-c", "{packets}"),
          read_tshark, is_slow=True),
)


def faults(meter, counts, given_packets, true_flows):
    """Why these counts disqualify a meter; empty if they are right.

    true_flows: {flow_is: count} of a capture that was made for this; None for one from
    elsewhere, where frames that are not IP may be left out, but no more than one in a hundred.
    """
    found = []
    if counts.packets is None:
        found.append("says no packets")
    elif true_flows is not None and counts.packets != given_packets:
        found.append(f"counted {counts.packets} of {given_packets} packets")
    elif not 0.99 * given_packets <= counts.packets <= given_packets:
        found.append(f"counted {counts.packets} of {given_packets} packets")
    wanted = (true_flows or {}).get(meter.flow_is)
    if wanted is not None and not meter.is_slow and counts.flows != wanted:
        found.append(f"counted {counts.flows} of {wanted} flows")
    return found
