#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what the detectors say of public captures against what is known of them.

The captures are of public test suites, and their labels are those of their authors.

usage: public_attacks_test.py FOLDER
"""

import datetime
import pathlib
import struct
import sys
import unittest

from mimir_case import MimirCase, json_lines, main

FOLDER = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "none").resolve()

# capture, kind, variant, source, first target
FOUND = [
    ("033_synscan.pcapng", "port_scan", "vertical syn",
     "172.16.0.8", "64.13.134.52"),
    ("036_445_scan.pcap", "host_sweep", "slow horizontal syn",
     "176.192.150.3", "192.168.27.86"),
    ("038_port_scan.pcap", "port_scan", "vertical syn",
     "192.168.2.154", "192.168.2.22"),
    ("044_test12-icmp-portscan.pcap", "host_sweep", "ping icmp",
     "192.168.1.109", "192.168.1.1"),
    ("049_malicious-ssh-bruteforce.pcap", "brute_force", "",
     "147.32.80.40", "147.32.80.37"),
    ("050_sshguess.pcap", "brute_force", "",
     "192.168.56.1", "192.168.56.103"),
    ("067_dns_exfiltration.pcap", "dns_volume", "",
     "192.168.220.56", "192.168.203.167"),
    ("067_dns_exfiltration.pcap", "dns_tunnel", "rotation",
     "192.168.220.56", "192.168.203.167"),
    ("068_dns-tunnel-iodine.pcap", "dns_volume", "",
     "10.0.2.30", "10.0.2.20"),
    ("068_dns-tunnel-iodine.pcap", "dns_tunnel", "information",
     "10.0.2.30", "10.0.2.20"),
    ("068_dns-tunnel-iodine.pcap", "dns_tunnel", "rotation",
     "10.0.2.30", "10.0.2.20"),
    ("070_dns2tcp_tunnel.pcap", "encrypted_dns", "",
     "192.168.20.211", "1.1.1.1"),
    ("078_icmp-tunnel.pcap", "echo_tunnel", "uneven",
     "192.168.154.131", "192.168.154.132"),
    ("081_irc-dcc-send.pcapng", "application_port", "unwanted",
     "10.0.0.7", "10.0.0.22"),
    ("086_test-cc-capture-1.pcap", "beacon", "",
     "147.32.80.37", "141.193.213.21"),
]
SCANS = [name for name, kind, *_ in FOUND if kind in ("port_scan", "host_sweep")]
# Each is to be found within a minute of its first packet. A rhythm takes longer to tell.
TUNNELS = ["067_dns_exfiltration.pcap", "068_dns-tunnel-iodine.pcap", "070_dns2tcp_tunnel.pcap",
           "078_icmp-tunnel.pcap", "081_irc-dcc-send.pcapng"]
NO_SCAN = ["040_backscatter.trace", "031_echo-connections.pcap.gz"]
BENIGN_MAX = 31  # section A of the captures: their names begin with 001 to 031


# Their packets are in the file from the last to the first, as no wire brings them.
REVERSED = ["036_445_scan.pcap"]


def in_order(path):
    """The capture with its packets in the order of their times."""
    data = path.read_bytes()
    packets = []
    at = 24
    while at < len(data):
        when = struct.unpack_from("<II", data, at)
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        packets.append((when, data[at:end]))
        at = end
    return data[:24] + b"".join(packet for _, packet in sorted(packets))


def seconds(timestamp):
    return datetime.datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


@unittest.skipUnless(FOLDER.is_dir(), f"no folder {FOLDER}")
class PublicAttacks(MimirCase):
    @classmethod
    def alerts(cls, name):
        # Some captures are cut short: what was read is judged, and the exit code says so.
        path = FOLDER / name
        if name in REVERSED:
            path = cls.write(name, in_order(path))
        answer = cls.call("detect", path)
        if "looked at" not in answer.stderr:
            raise AssertionError(f"{name} was not read: {answer.stderr}")
        return json_lines(answer.stdout)

    def test_attacks_are_found_with_the_right_kind_source_and_target(self):
        for name, kind, variant, source, target in FOUND:
            with self.subTest(name):
                alerts = [alert["mimir"] for alert in self.alerts(name)]
                self.assertIn((kind, variant, source, target),
                              [(alert["kind"], alert["variant"], alert["source"]["ip"],
                                alert["targets"][0]["ip"]) for alert in alerts])
                self.assertEqual({alert["source"]["ip"] for alert in alerts}, {source})

    def test_scans_are_found_by_the_sixth_failed_first_contact(self):
        for name in SCANS:
            with self.subTest(name):
                first = self.alerts(name)[0]["mimir"]
                self.assertLessEqual(first["evidence"]["failed_at_decision"], 4)

    def test_the_open_ports_of_a_scan_are_listed(self):
        last = self.alerts("033_synscan.pcapng")[-1]["mimir"]
        # tshark -Y "tcp.flags == 0x12" -T fields -e tcp.srcport, without repetitions
        self.assertEqual(last["targets"][0]["open_ports"], [22, 53, 80])

    def test_tunnels_are_found_within_a_minute(self):
        for name in TUNNELS:
            with self.subTest(name):
                first = self.alerts(name)[0]["mimir"]
                took = seconds(first["window"]["end"]) - seconds(first["first_seen"])
                self.assertLessEqual(took, 60)

    def test_backscatter_and_floods_are_no_scans(self):
        for name in NO_SCAN:
            with self.subTest(name):
                self.assertEqual(self.alerts(name), [])

    def test_benign_traffic_raises_nothing_above_low(self):
        names = [path.name for path in sorted(FOLDER.iterdir())
                 if path.name[:3].isdigit() and int(path.name[:3]) <= BENIGN_MAX]
        self.assertGreater(len(names), 10)
        for name in names:
            with self.subTest(name):
                severities = [alert["alert"]["severity"] for alert in self.alerts(name)]
                self.assertEqual([each for each in severities if each < 3], [])


if __name__ == "__main__":
    main()
