#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The detectors beside the model: what they find of simulated attacks, live and offline,
and what they are told not to report."""

import json
import unittest

from mimir_case import OK, USAGE, MimirCase, json_lines, main

SCAN = "scan:from=user,rate=5,start=60,duration=30"
SLOW = "scan:from=carts,rate=0.05,start=200,duration=180,port=22"
MOVE = "lateral:path=front-end>payment>orders-db,rate=2kB/min,start=120,duration=60"


class Detection(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("attack", "--users", "8", "--duration", "7min", "--seed", "3", "--attack",
                     SCAN, "--attack", SLOW, "--attack", MOVE)
        cls.truth = [json.loads(line) for line in
                     (cls.folder / "attack" / "truth.jsonl").read_text().splitlines()]

    @classmethod
    def score(cls, *arguments):
        return cls.call("score", "attack/capture.pcap", "--model", "shop.mimir", "--entities",
                        "attack/entities.jsonl", *arguments)

    @staticmethod
    def of_detectors(answer):
        """Of each incident that a detector opened, its first record."""
        return [alert["mimir"] for alert in json_lines(answer.stdout)
                if alert["mimir"]["kind"] != "exfiltration"
                and alert["mimir"]["incident"]["state"] == "open"]

    def test_scans_and_movement_are_found_and_nothing_else(self):
        found = self.of_detectors(self.score())
        scan, slow, move = self.truth
        said = {}
        for alert in found:
            said.setdefault(alert["kind"], []).append(alert)
        self.assertEqual(set(said), {"port_scan", "host_sweep", "lateral_movement"})
        self.assertEqual({alert["source"]["name"] for alert in said["port_scan"]},
                         {"sock-shop/" + scan["pods"][0]})
        self.assertEqual({alert["source"]["name"] for alert in said["host_sweep"]},
                         {"sock-shop/" + slow["pods"][0]})
        chains = [alert for alert in said["lateral_movement"] if alert["variant"] == "chain"]
        self.assertEqual(len(chains), 1)
        hops = [hop["src"]["name"] for hop in chains[0]["hops"]]
        hops.append(chains[0]["hops"][-1]["dst"]["name"])
        self.assertEqual(hops, ["sock-shop/" + pod for pod in move["pods"]])

    def test_a_day_like_training_is_silent(self):
        self.simulate("quiet", "--users", "8", "--duration", "10min", "--seed", "4")
        answer = self.call("score", "quiet/capture.pcap", "--model", "shop.mimir", "--entities",
                           "quiet/entities.jsonl")
        self.assertEqual(self.of_detectors(answer), [])

    def test_a_capture_needs_neither_model_nor_entities(self):
        answer = self.call("detect", "attack/capture.pcap")
        self.expect(answer, OK, "detectors ")
        kinds = {alert["kind"] for alert in self.of_detectors(answer)}
        self.assertEqual(kinds, {"port_scan", "host_sweep"})
        for alert in self.of_detectors(answer):
            self.assertEqual(alert["source"]["name"], alert["source"]["ip"])

    def test_a_suppression_holds_until_it_ends(self):
        rule = "suppress: [{source: user, until: %s, reason: the audit of spring}]\n"
        self.write("allowed.yaml", rule % "2026-02-01")
        self.write("ended.yaml", rule % "2026-01-01")
        allowed = self.score("--suppress", "allowed.yaml")
        self.assertNotIn("port_scan", [alert["kind"] for alert in self.of_detectors(allowed)])
        self.assertRegex(allowed.stderr, r"[1-9]\d* suppressed")
        ended = self.score("--suppress", "ended.yaml")
        self.assertIn("port_scan", [alert["kind"] for alert in self.of_detectors(ended)])
        self.expect(ended, OK, "the audit of spring", "until 2026-01-01")

    def test_a_wrong_suppression_is_2_and_shows_its_place(self):
        self.write("wrong.yaml", "suppress:\n  - {source: user, until: 2026-02-01}\n")
        answer = self.score("--suppress", "wrong.yaml")
        self.expect(answer, USAGE, "wrong.yaml:2:5: error: detection.suppress[].reason is missing",
                    "hint: say why")
        self.assertEqual(answer.stdout, "")

    def test_habits_are_of_services_so_a_model_needs_entities(self):
        answer = self.call("detect", "attack/capture.pcap", "--model", "shop.mimir")
        self.expect(answer, USAGE, "--model: error: ", "hint: give --entities")


if __name__ == "__main__":
    main()
