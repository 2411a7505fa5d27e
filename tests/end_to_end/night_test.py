#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The night's backup and upload are no thefts, once training has seen them, until they go where
they never went."""

import json
import re

from mimir_case import OK, SENSITIVE, MimirCase, main

# Every ten minutes instead of every night, and what a test can hold.
JOBS = {"user-backup": {"at": "2min", "every": "10min", "mean": 3000000},
        "offsite-copy": {"at": "4min", "every": "10min", "mean": 6000000}}


class Night(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        document = cls.must("simulate", "--app", "sock-shop", "--print-topology")
        for name, job in JOBS.items():
            document = re.sub(rf"(- name: {name}\n.*\n    at: )\w+\n(.*\n.*\n.*mean: )\d+",
                              rf"\g<1>{job['at']}\n    every: {job['every']}\n\g<2>{job['mean']}",
                              document)
        cls.usual = document
        cls.play("benign", cls.usual, 1, "1h")
        cls.must("train", "benign/capture.pcap", "--entities", "benign/entities.jsonl",
                 "--sensitive", SENSITIVE, "--output", "shop.mimir")

    @classmethod
    def play(cls, name, document, seed, duration="15min"):
        cls.write(f"{name}.yaml", document)
        cls.simulate(name, "--topology", f"{name}.yaml", "--users", 8, "--seed", seed,
                     "--duration", duration)

    def alerts(self, name):
        answer = self.call("score", "--model", "shop.mimir", "--entities", f"{name}/entities.jsonl",
                           f"{name}/capture.pcap")
        self.expect(answer, OK)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def change(self, name, job, old, new):
        before, found, after = self.usual.partition(f"- name: {job}\n")
        self.assertTrue(found)
        self.assertIn(old, after)
        self.play(name, before + found + after.replace(old, new, 1), 2)
        return self.alerts(name)

    def test_the_night_it_knows_is_quiet(self):
        self.play("usual", self.usual, 2)
        self.assertEqual(self.alerts("usual"), [])

    def test_an_upload_to_another_network_is_an_alert(self):
        alerts = self.change("elsewhere", "offsite-copy", "    to: outside\n",
                             "    to: outside\n    site: 9\n")
        self.assertGreater(len(alerts), 0)
        for alert in alerts:
            self.assertIn("bytes(offsite-copy>elsewhere)",
                          alert["mimir"]["score"]["unseen_features"])

    def test_a_backup_that_leaves_the_cluster_is_an_alert(self):
        alerts = self.change("leaving", "user-backup", "    to: object-store\n",
                             "    to: outside\n")
        self.assertGreater(len(alerts), 0)
        self.assertIn(["user-db", "user-backup", "outside"],
                      [alert["mimir"]["path"] for alert in alerts])


if __name__ == "__main__":
    main()
