#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `mimir evaluate` writes: equal for any number of workers, its figures agree with each
other and with the truth, and it refuses to judge a model by what the model has seen."""

import csv
import json
import re
import struct
import unittest

from mimir_case import DATA, IS_SLOW, OK, USAGE, MimirCase, main

FILES = ["report.html", "evaluation.json", "summary.csv", "confusion.csv", "curves.csv",
         "incidents.csv", "windows.csv"]
# The learners beside the model are fitted over and over; sanitized, their unit tests must do.
TRAIN = [] if IS_SLOW else ["--train", "benign/capture.pcap"]
HELD_OUT = ["--users", "8", "--duration", "12min", "--seed", "2"]
ATTACK = ["--attack", "exfil:path=user-db>user>outside,rate=10MB/min,start=125,duration=120"]


class Evaluation(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("held-out", *HELD_OUT)
        cls.must(*cls.words("one", "--workers", 1))

    @classmethod
    def words(cls, report, *more, rates="10,0.1", capture="held-out"):
        # What can be given several times takes one value each time: a positional may follow.
        return ["evaluate", "--model", "shop.mimir", "--entities", f"{capture}/entities.jsonl",
                "--rates", rates, "--seeds", 2, *TRAIN, f"{capture}/capture.pcap",
                "--report", report, *more]

    def rows(self, report, name):
        with open(self.folder / report / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def files(self, report):
        return [(self.folder / report / name).read_bytes() for name in FILES]

    def test_every_file_is_the_same_for_1_and_2_workers(self):
        self.must(*self.words("two", "--workers", 2))
        for name, one, two in zip(FILES, self.files("one"), self.files("two")):
            with self.subTest(name):
                self.assertTrue(one == two)

    def test_another_seed_places_other_attacks(self):
        self.must(*self.words("other", "--seed", 7))
        self.assertNotEqual([row["begin"] for row in self.rows("one", "incidents.csv")],
                            [row["begin"] for row in self.rows("other", "incidents.csv")])

    def test_a_rate_fares_the_same_alone(self):
        self.must(*self.words("alone", rates="0.1"))
        def of_rate(report):
            return [row for row in self.rows(report, "summary.csv")
                    if row["rate_bytes_per_minute"] == "100000"]
        self.assertTrue(of_rate("alone"))
        self.assertEqual(of_rate("alone"), of_rate("one"))

    def test_attacks_carry_their_rate_and_lie_in_the_capture(self):
        incidents = self.rows("one", "incidents.csv")
        self.assertEqual(len(incidents), 2 * 2 * 2)  # rates, seeds, a fifth of 11 whole minutes
        for row in incidents:
            with self.subTest(**row):
                begin, end = float(row["begin"]), float(row["end"])
                self.assertEqual(end - begin, 60)
                self.assertEqual(begin % 60, 0)
                self.assertTrue(1767571200 <= begin and end <= 1767571200 + 12 * 60)
                # A minute is one minute's worth, give or take a deviation of a quarter.
                ratio = float(row["bytes_per_hop"]) / float(row["rate_bytes_per_minute"])
                self.assertTrue(0.5 < ratio < 1.5, ratio)

    def test_the_books_of_windows_balance(self):
        results = json.loads((self.folder / "one" / "evaluation.json").read_text())
        run, = results["runs"]
        self.assertEqual(run["windows_read"], run["windows_used"] + run["windows_partial"]
                         + run["windows_lossy"] + run["windows_beside"])
        self.assertGreater(run["windows_used"], 60)
        spans = {"10": run["windows_used"], "60": run["windows_used"] // 6,
                 "combined": run["windows_used"] // 6}
        for row in self.rows("one", "summary.csv"):
            with self.subTest(learner=row["learner"], granularity=row["granularity"]):
                counted = sum(int(row[name]) for name in
                              ["tn", "fp", "fn", "tp", "unjudged_attack", "unjudged_benign",
                               "edge_windows"])
                self.assertEqual(counted, 2 * spans[row["granularity"]])

    @unittest.skipIf(IS_SLOW, "the learners beside the model take long")
    def test_one_table_has_the_model_the_prototype_and_all_others(self):
        learners = {row["learner"] for row in self.rows("one", "summary.csv")}
        self.assertEqual(learners, {
            "model", "lasso", "prototype", "logistic-l2", "logistic-l1", "boosted-trees",
            "random-forest", "robust-distance", "edge-volume", "allowed-pairs",
            "http-fingerprints", "oddball", "ide-kashima", "ide-kashima-adaptive"})

    def test_the_matrices_of_the_paths_add_up(self):
        def key(row):
            return tuple(row[name] for name in ["learner", "granularity", "rule",
                                                "rate_bytes_per_minute"])
        sums = {}
        for row in self.rows("one", "confusion.csv"):
            total = sums.setdefault(key(row), [0, 0, 0, 0, 0])
            for i, name in enumerate(["tn", "fp", "fn", "tp", "unjudged"]):
                total[i] += int(row[name])
        for row in self.rows("one", "summary.csv"):
            self.assertEqual(sums[key(row)], [
                int(row["tn"]), int(row["fp"]), int(row["fn"]), int(row["tp"]),
                int(row["unjudged_attack"]) + int(row["unjudged_benign"])])

    def test_scores_and_thresholds_give_the_matrix(self):
        """Counted anew from windows.csv: attack windows at 10 MB a minute, of the model."""
        row, = [row for row in self.rows("one", "summary.csv")
                if (row["learner"], row["granularity"]) == ("model", "10")
                and row["rate_bytes_per_minute"] == "10000000"]
        scores = [float(window["score"]) for window in self.rows("one", "windows.csv")
                  if (window["learner"], window["granularity"], window["label"])
                  == ("model", "10", "attack") and window["rate_bytes_per_minute"] == "10000000"]
        found = sum(score > float(row["threshold"]) for score in scores)
        self.assertEqual([int(row["tp"]), int(row["fn"])], [found, len(scores) - found])
        self.assertGreater(found, 0)

    def test_the_page_needs_nobody(self):
        page = (self.folder / "one" / "report.html").read_text()
        self.assertNotIn("<script", page)
        self.assertIsNone(re.search(r"(src|href)=\"(?!data:|#)", page))
        self.assertNotIn("url(", page)
        self.assertIn("<svg", page)
        self.assertIsNone(re.search(r"\b(nan|inf)\b", page))

    def test_it_refuses_what_was_learned_from(self):
        answer = self.call(*self.words("refused", capture="benign"))
        self.expect(answer, DATA, "is not held out", "hint: ")
        self.assertFalse((self.folder / "refused").exists())

    def test_it_refuses_a_part_of_what_was_learned_from(self):
        """Ten minutes out of the middle of the training capture, as rotation cuts them."""
        capture = (self.folder / "benign" / "capture.pcap").read_bytes()
        offsets, at = [], 24
        while at < len(capture):
            offsets.append(at)
            at += 16 + struct.unpack_from("<I", capture, at + 8)[0]
        first_s = struct.unpack_from("<I", capture, 24)[0]
        part = [at for at in offsets
                if 300 <= struct.unpack_from("<I", capture, at)[0] - first_s < 900]
        end = offsets[offsets.index(part[-1]) + 1]
        self.write("part.pcap", capture[:24] + capture[part[0]:end])
        answer = self.call("evaluate", "part.pcap", "--model", "shop.mimir", "--entities",
                           "benign/entities.jsonl", "--report", "refused")
        self.expect(answer, DATA, "is not held out: 60 of its 60 windows are known already: the "
                    "model was learned from it (capture.pcap)")

    def test_it_refuses_a_held_out_run_that_is_also_trained_on(self):
        self.simulate("third", "--users", "8", "--duration", "12min", "--seed", "3")
        answer = self.call(*self.words("refused", "--train", "third/capture.pcap",
                                       capture="third"))
        self.expect(answer, DATA, "--train names it too")

    def test_rates_that_are_none_are_wrong_use(self):
        for rates in ["10,,1", "fast", "-1", "0", "10,1MB"]:
            with self.subTest(rates):
                self.expect(self.call(*self.words("x", rates=rates)), USAGE, "is no rate")
        self.expect(self.call(*self.words("x", "--truth", "t.jsonl")), USAGE, "exclude each other")

    def test_what_really_happened_is_judged_by_its_truth(self):
        self.simulate("theft", *HELD_OUT, *ATTACK, "--attack",
                      "scan:from=front-end,rate=20,start=400,duration=60")
        answer = self.call("evaluate", "theft/capture.pcap", "--model", "shop.mimir", "--entities",
                           "theft/entities.jsonl", "--truth", "theft/truth.jsonl", "--report",
                           "real", "--json")
        self.expect(answer, OK)
        result = next(result for result in json.loads(answer.stdout)["results"]
                      if (result["learner"], result["granularity"]) == ("model", "10"))
        rate, = result["rates"]
        self.assertEqual(rate["rate_bytes_per_minute"], 10e6)
        # From 125 s to about 245 s: the windows 12 to 23, and an edge.
        windows = rate["windows"]
        self.assertEqual(windows["true_positive"] + windows["false_negative"], 12)
        self.assertEqual(rate["edge_windows"], 1)
        self.assertEqual((rate["incidents"], rate["detected"]), (1, 1))
        self.assertGreaterEqual(windows["true_positive"], 11)
        self.assertEqual(list(rate["by_path"]), ["user-db > user > outside"])
        run, = json.loads(answer.stdout)["runs"]
        # The scan lies in the windows 40 to 45, and what it asks last is answered in the next.
        apart, = result["apart"]
        self.assertEqual((apart["kind"], apart["incidents"]), ("scan", 1))
        self.assertIn(apart["windows"], [6, 7])
        self.assertEqual(sum(windows[name] for name in windows) + rate["edge_windows"]
                         + apart["windows"], run["windows_used"])


if __name__ == "__main__":
    main()
