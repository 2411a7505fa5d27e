#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""config/alert.schema.json holds for what is written, and for nothing else.

usage: alert_schema_test.py SCHEMA [CAPTURES]
"""

import copy
import json
import pathlib
import sys
import unittest

from mimir_case import OK, SKIP, MimirCase, json_lines, main

try:
    import jsonschema
except ImportError:
    print("skipped: no jsonschema; tools/install_packages.sh --tests installs it")
    sys.exit(SKIP)

CAPTURES = pathlib.Path(sys.argv.pop(2) if len(sys.argv) > 2 else "none").resolve()
SCHEMA = pathlib.Path(sys.argv.pop(1)).resolve()

ATTACKS = ["exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=120",
           "scan:from=user,rate=5,start=60,duration=30",
           "lateral:path=front-end>payment>orders-db,rate=2kB/min,start=120,duration=60"]
PUBLIC = {"049_malicious-ssh-bruteforce.pcap": "brute_force",
          "044_test12-icmp-portscan.pcap": "host_sweep",
          "068_dns-tunnel-iodine.pcap": "dns_tunnel",
          "070_dns2tcp_tunnel.pcap": "encrypted_dns",
          "078_icmp-tunnel.pcap": "echo_tunnel",
          "081_irc-dcc-send.pcapng": "application_port",
          "086_test-cc-capture-1.pcap": "beacon"}
# What an alert may lack, and the objects whose members are named by what was seen.
OPTIONAL = {"src_ip", "dest_ip", "service", "model", "facts_lost", "mitre_tactic_id",
            "mitre_technique_id", "applications"}
OPEN = {"dropped", "evidence", "detectors"}


def objects(value, path=()):
    """Every object in it, with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, member in value.items():
            yield from objects(member, (*path, key))
    elif isinstance(value, list):
        for i, element in enumerate(value[:1]):
            yield from objects(element, (*path, i))


def at(value, path):
    for step in path:
        value = value[step]
    return value


class AlertSchema(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)
        cls.train()
        attacks = [word for attack in ATTACKS for word in ("--attack", attack)]
        cls.simulate("attack", "--users", "8", "--duration", "10min", "--seed", "2", *attacks)
        cls.lines = json_lines(cls.must("score", "attack/capture.pcap", "--model", "shop.mimir",
                                        "--entities", "attack/entities.jsonl"))

    def check(self, line):
        faults = [f"{list(fault.absolute_path)}: {fault.message[:300]}"
                  for fault in self.validator.iter_errors(line)]
        self.assertEqual(faults, [])

    def one_of_each(self):
        return {(line["mimir"]["kind"], line["mimir"]["incident"]["state"]): line
                for line in self.lines}

    def test_what_is_written_is_as_the_schema_says(self):
        for line in self.lines:
            self.check(line)
        self.assertLessEqual(
            {("exfiltration", "open"), ("exfiltration", "update"), ("exfiltration", "closed"),
             ("port_scan", "open"), ("port_scan", "closed"), ("lateral_movement", "open")},
            set(self.one_of_each()))

    def test_an_edge_says_what_its_ends_speak(self):
        """As the simulated shop's topology has it."""
        shop = {"user-db": "mongodb", "carts-db": "mongodb", "orders-db": "mongodb",
                "catalogue-db": "mysql", "session-db": "redis", "kube-dns": "dns"}
        said = {}
        for line in self.lines:
            for edge in line["mimir"].get("edges", []):
                said.setdefault(edge["src"], set()).update(edge.get("applications", []))
        self.assertEqual(said["user-db"], {"mongodb"})
        for service, spoken in said.items():
            if service in shop:
                self.assertLessEqual(spoken, {shop[service]}, service)

    def test_what_detectors_say_of_public_captures_too(self):
        if not CAPTURES.is_dir():
            self.skipTest(f"no folder {CAPTURES}")
        for name, kind in PUBLIC.items():
            with self.subTest(name):
                lines = json_lines(self.call("detect", CAPTURES / name).stdout)
                self.assertIn(kind, [line["mimir"]["kind"] for line in lines])
                for line in lines:
                    self.check(line)

    def test_a_notice_says_what_was_held_back(self):
        config = self.configure("one.yaml", "attack/entities.jsonl", alerts="one.jsonl",
                                more="  record_rate_max: 1\n")
        answer = self.call("run", "--config", config, "--replay", "attack/capture.pcap")
        self.skip_unless_dpdk(answer)
        self.expect(answer, OK)
        lines = json_lines((self.folder / "one.jsonl").read_text(encoding="utf-8"))
        for line in lines:
            self.check(line)
        held = sum(line["mimir"]["held_back"]["records"] for line in lines
                   if line["mimir"]["kind"] == "notice")
        self.assertGreater(held, 0)
        self.assertIn(f"{len(lines)} records, {held} held back\n", answer.stderr)

    def test_a_line_without_a_member_it_must_have_is_refused(self):
        for which, line in self.one_of_each().items():
            for path, there in objects(line):
                for key in there.keys() - OPTIONAL:
                    if path and path[-1] in OPEN:
                        continue
                    without = copy.deepcopy(line)
                    del at(without, path)[key]
                    with self.subTest(which=which, path=path, without=key):
                        self.assertFalse(self.validator.is_valid(without))

    def test_a_line_with_a_member_it_must_not_have_is_refused(self):
        for which, line in self.one_of_each().items():
            for path, _ in objects(line):
                planted = copy.deepcopy(line)
                at(planted, path)["planted"] = [True]
                with self.subTest(which=which, path=path):
                    self.assertFalse(self.validator.is_valid(planted))


if __name__ == "__main__":
    main()
