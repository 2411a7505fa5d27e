#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Equal inputs give equal bytes, whatever the number of workers and whatever the path
that the packets take; and an alert adds up and names the path that was taken."""

import json

from mimir_case import OK, PATH, SENSITIVE, MimirCase, json_lines, main

ATTACK = ["--users", "8", "--duration", "4min", "--seed", "2", "--attack",
          "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=120"]
# An alert's sum is of figures printed with 17 digits: rounding is all that may differ.
SUM_TOLERANCE = 1e-9
REASONS = 5


class Determinism(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("theft", *ATTACK)
        cls.capture, cls.entities = "theft/capture.pcap", "theft/entities.jsonl"
        cls.alerts = cls.must(*cls.score_words())

    @classmethod
    def score_words(cls):
        return ["score", cls.capture, "--model", "shop.mimir", "--entities", cls.entities]

    def same_for_all_workers(self, *words):
        """Standard output, which 1 and 2 workers and a second run must agree on."""
        one = self.must(*words, "--workers", 1)
        self.assertTrue(one)
        # Not assertEqual: the difference of two captures is no message.
        self.assertTrue(one == self.must(*words, "--workers", 1), "two runs differ")
        self.assertTrue(one == self.must(*words, "--workers", 2), "1 and 2 workers differ")
        return one

    def test_simulations_of_one_seed_are_equal(self):
        self.simulate("again", *ATTACK)
        for name in ["capture.pcap", "entities.jsonl", "truth.jsonl"]:
            with self.subTest(name):
                self.assertTrue((self.folder / "theft" / name).read_bytes()
                                == (self.folder / "again" / name).read_bytes())

    def test_flows_do_not_depend_on_workers(self):
        self.same_for_all_workers("flows", "--csv", self.capture)

    def test_features_do_not_depend_on_workers(self):
        self.same_for_all_workers("features", self.capture, "--entities", self.entities,
                                  "--sensitive", SENSITIVE)

    def test_alerts_and_windows_do_not_depend_on_workers(self):
        self.assertEqual(self.same_for_all_workers(*self.score_words()), self.alerts)
        self.same_for_all_workers(*self.score_words(), "--windows")

    def test_models_do_not_depend_on_workers(self):
        words = ["train", "benign/capture.pcap", "--entities", "benign/entities.jsonl",
                 "--sensitive", SENSITIVE, "--name", "shop", "--output"]
        models = []
        for name, workers in [("one", 1), ("again", 1), ("two", 2)]:
            self.must(*words, f"{name}.mimir", "--workers", workers)
            models.append((self.folder / f"{name}.mimir").read_bytes())
        self.assertTrue(models[0] == models[1], "two runs differ")
        self.assertTrue(models[0] == models[2], "1 and 2 workers differ")

    def test_the_ring_of_dpdk_carries_what_the_file_holds(self):
        config = self.configure("replay.yaml", self.entities, alerts="replayed.jsonl")
        # What `mimir score` looks for, if nobody says otherwise.
        text = (self.folder / config).read_text(encoding="utf-8")
        self.write(config, text.replace("dataplane:\n", "dataplane:\n  payload: {look: rules}\n"))
        answer = self.call("run", "--config", config, "--replay", self.capture)
        self.skip_unless_dpdk(answer)
        self.expect(answer, OK)
        self.assertEqual(answer.stderr.count("(balances)"), 3, answer.stderr)
        self.assertEqual((self.folder / "replayed.jsonl").read_text(), self.alerts)


class Truth(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("theft", *ATTACK)
        cls.alerts = json_lines(cls.must("score", "theft/capture.pcap", "--model", "shop.mimir",
                                         "--entities", "theft/entities.jsonl"))

    def test_the_ledger_balances_to_the_last_packet(self):
        written = json.loads(self.must("simulate", "--json", "--out", "again", *ATTACK))
        ledger = json.loads(self.must("flows", "--json", "theft/capture.pcap"))["ledger"]
        packets, records = ledger["packets"], ledger["records"]
        self.assertEqual(packets["received"], written["packets"])
        self.assertEqual(packets["received"], packets["counted"] + sum(packets["dropped"].values()))
        self.assertEqual(records["written"], records["delivered"] + records["lost_ring_full"])
        self.assertEqual(records["lost_ring_full"], 0)
        self.assertTrue(packets["balances"] and records["balances"])

    def test_every_alert_lies_in_the_theft_and_names_its_path(self):
        """Its connections are closed a moment after its end: the window of 10 s in which that
        happens holds five packets of it, to somebody who was never sent any, and may be one."""
        truth, = json_lines((self.folder / "theft" / "truth.jsonl").read_text())
        self.assertEqual(truth["path"], PATH)
        self.assertTrue(self.alerts)
        for alert in self.alerts:
            window = alert["mimir"]["window"]
            with self.subTest(**window):
                self.assertEqual(alert["mimir"]["path"], truth["path"])
                self.assertEqual([hop["src_pod"].split("/")[-1] for hop in alert["mimir"]["hops"]],
                                 truth["pods"][:2])
                # The capture begins at midnight; the theft is its minutes 1 and 2.
                is_its_end = (window["start"].startswith("2026-01-05T00:03:00")
                              and window["granularity_s"] == 10)
                if not is_its_end:
                    self.assertIn(window["start"][:17], ["2026-01-05T00:01:", "2026-01-05T00:02:"])

    def test_every_alert_adds_up_to_its_score(self):
        self.assertTrue(self.alerts)
        for alert in self.alerts:
            ours = alert["mimir"]
            with self.subTest(**ours["window"]):
                why = ours["explanation"]
                total = why["intercept"] + why["other"] + sum(
                    part["contribution"] for part in why["contributions"])
                self.assertAlmostEqual(total, ours["score"]["value"], delta=SUM_TOLERANCE)
                self.assertGreater(ours["score"]["value"], ours["score"]["threshold"])


    def test_every_window_adds_up_to_its_score(self):
        windows = json_lines(self.must("score", "theft/capture.pcap", "--model", "shop.mimir",
                                       "--entities", "theft/entities.jsonl", "--windows"))
        self.assertTrue(windows)
        for window in windows:
            with self.subTest(begin=window["begin"], granularity_s=window["granularity_s"]):
                parts = [part["contribution"] for part in window["contributions"]]
                self.assertAlmostEqual(window["intercept"] + window["other"] + sum(parts),
                                       window["score"], delta=SUM_TOLERANCE)
                self.assertEqual(len(parts), REASONS)
                self.assertEqual(parts, sorted(parts, key=abs, reverse=True))


if __name__ == "__main__":
    main()
