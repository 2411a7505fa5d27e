#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what flows of public captures are said to speak against what ndpiReader says.

Compared are TCP and UDP flows that carried payload, and of nDPI's protocols those that are
looked for here; its "TLS.Google" is TLS, and what it tells by addresses or ports alone is
nothing it saw. A disagreement that nobody has explained is a fault.

usage: applications_test.py MIMIR FOLDER [--all]
"""

import collections
import csv
import ipaddress
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
# nDPI's name of the protocol that carries the rest: ours.
NAMES = {
    "HTTP": "http1", "HTTP_Proxy": "http1", "HTTP_Connect": "http1", "HTTP2": "http2",
    "gRPC": "grpc", "TLS": "tls", "DNS": "dns", "MDNS": "dns", "LLMNR": "dns", "MySQL": "mysql",
    "PostgreSQL": "postgresql", "MongoDB": "mongodb", "Redis": "redis", "AMQP": "amqp",
    "Kafka": "kafka", "Nats": "nats", "Memcached": "memcached", "SSH": "ssh", "SMBv1": "smb",
    "SMBv23": "smb", "RDP": "rdp", "LDAP": "ldap", "QUIC": "quic", "IRC": "irc", "SMTP": "smtp",
    "Thrift": "thrift", "IMAPS": "tls", "POPS": "tls", "SMTPS": "tls",
}
# (capture or "", ours, nDPI's): why both may be said.
EXPLAINED = {
    ("002_example.pcap", "http1", "Nats"): "an HTTP SUBSCRIBE of UPnP, which nDPI takes for NATS",
    ("009_mysql.pcapng", "tls", "MySQL"): "MySQL that became TLS: here the later counts",
    ("018_elasticsearch.pcap", "unknown", "TLS"): "begins with `ES`, Elasticsearch's own protocol",
    ("025_http2-nghttp2.pcap", "http2", "HTTP"): "nDPI has one name for both",
    ("135_raw_ip.pcap", "unknown", "HTTP"): "one byte of payload: nDPI tells by the port",
    ("151_fuzz-2006-06-26-2594.pcap", "dns", "NetBIOS"):
        "damaged NetBIOS names: its messages are those of DNS",
    ("151_fuzz-2006-06-26-2594.pcap", "unknown", "DNS"):
        "damaged messages, of which nDPI tells by the port",
}


def flow_key(protocol, source, source_port, destination, destination_port):
    ends = sorted([(ipaddress.ip_address(source), int(source_port)),
                   (ipaddress.ip_address(destination), int(destination_port))],
                  key=lambda end: (end[0].version, int(end[0]), end[1]))
    return (protocol, *ends)


def ours(mimir, capture):
    """{flow: application} of all TCP and UDP flows, or None of a capture that is damaged."""
    done = subprocess.run([mimir, "flows", "--payload", "applications", "--csv", str(capture)],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{capture.name}: mimir ended with {done.returncode}: {done.stderr}")
    flows = {}
    for row in csv.DictReader(done.stdout.splitlines()):
        if row["protocol"] in ("tcp", "udp"):
            key = flow_key(row["protocol"], row["src"], row["src_port"], row["dst"],
                           row["dst_port"])
            flows[key] = row["application"] or flows.get(key, "")
    return flows


def ndpi(capture):
    """{flow: (protocol as nDPI writes it, payload bytes)} of TCP and UDP flows."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "flows.csv"
        subprocess.run(["ndpiReader", "-q", "-i", str(capture), "-C", str(path)],
                       capture_output=True, check=False)
        if not path.exists():
            return {}
        text = path.read_text(encoding="utf-8", errors="replace")
    flows = {}
    for row in csv.DictReader(text.lstrip("#").splitlines()):
        protocol = {"6": "tcp", "17": "udp"}.get(row["protocol"])
        if protocol is None:
            continue
        try:
            key = flow_key(protocol, row["src_ip"], row["src_port"], row["dst_ip"],
                           row["dst_port"])
            payload = int(row["c_to_s_goodput_bytes"]) + int(row["s_to_c_goodput_bytes"])
        except (TypeError, ValueError):
            continue
        flows[key] = (row["ndpi_proto"], payload)
    return flows


def compare(capture, our_flows, their_flows, table, differences):
    for key, (protocol, payload) in sorted(their_flows.items(), key=str):
        if payload == 0 or key not in our_flows:
            continue
        mine = our_flows[key]
        theirs = NAMES.get(protocol.split(".")[0], "")
        if mine == theirs:
            if mine:
                table[mine]["both"] += 1
            else:
                table["(neither)"]["both"] += 1
            continue
        if mine:
            table[mine]["only mimir" if not theirs else "differ"] += 1
        if theirs:
            table[theirs]["only nDPI" if not mine else "differ"] += 1
        differences[(capture.name, mine or "unknown", protocol)].append(key)
    # What nDPI does not know, or does not look into, it does not list.
    for key, mine in our_flows.items():
        if mine and key not in their_flows:
            table[mine]["only mimir"] += 1


def print_table(table):
    columns = ["both", "only mimir", "only nDPI", "differ"]
    print(f"{'application':<14}" + "".join(f"{column:>12}" for column in columns))
    for application in sorted(table):
        row = table[application]
        print(f"{application:<14}" + "".join(f"{row[column]:>12}" for column in columns))


def main():
    mimir, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if shutil.which("ndpiReader") is None:
        print("skipped: ndpiReader is not installed")
        return SKIP
    if not folder.is_dir():
        print(f"skipped: there is no {folder}")
        return SKIP
    table = collections.defaultdict(collections.Counter)
    differences = collections.defaultdict(list)
    for capture in sorted(folder.iterdir()):
        if capture.suffix in (".pcap", ".pcapng", ".trace"):
            compare(capture, ours(mimir, capture), ndpi(capture), table, differences)
    print_table(table)
    faults = 0
    for (capture, mine, theirs), keys in sorted(differences.items()):
        reason = EXPLAINED.get((capture, mine, theirs)) or EXPLAINED.get(("", mine, theirs))
        faults += reason is None
        print(f"{capture}: {len(keys)} of mimir's {mine} are nDPI's {theirs}:"
              f" {reason or 'NOT EXPLAINED'}")
        if reason is None or "--all" in sys.argv:
            for key in keys[:3]:
                print(f"    {key[0]} {key[1][0]}:{key[1][1]} {key[2][0]}:{key[2][1]}")
    print(f"{faults} kinds of disagreement without an explanation")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
