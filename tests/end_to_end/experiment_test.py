#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small plan from simulation to page, broken off and gone on with."""

import csv
import json
import re
import unittest

from mimir_case import IS_SLOW, OK, USAGE, MimirCase, main

PLAN = """\
applications: [{app: sock-shop, sensitive: user-db, mixes: ["buy=1"]}]
seeds: [1]
load_percents: [100, 150]
training_minutes: [20]
held_out_minutes: 12
users: 8
rates: "10,1"
injection_seeds: 2
"""


@unittest.skipIf(IS_SLOW, "twenty minutes of traffic take a sanitized build too long")
class Experiment(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("plan.yaml", PLAN)
        cls.answer = cls.call("experiment", "--plan", "plan.yaml", "--out", "x", "--jobs", "2")

    def rows(self):
        with open(self.folder / "x" / "experiments.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_every_experiment_is_there_at_every_granularity_and_rate(self):
        self.expect(self.answer, OK, "3 experiments, 0 finished before, 1 models to train",
                    "4 of 4: ")
        rows = self.rows()
        self.assertEqual(len(rows), 3 * 3 * 2)
        self.assertEqual({(row["load_percent"], row["mix"]) for row in rows},
                         {("100", ""), ("150", ""), ("100", "buy=1")})
        # The topology's shares are 0.3, 0.5 and 0.2: cos = 0.3 / sqrt(0.38).
        for row in rows:
            self.assertEqual(row["mix_degrees"], "60.878" if row["mix"] else "0.000")
            self.assertGreater(int(row["tp"]) + int(row["missed"]), 0)

    def test_figures_are_those_of_evaluate(self):
        results = [json.loads(path.read_text())
                   for path in (self.folder / "x" / "results").iterdir()]
        for row in self.rows():
            result, = [each["evaluation"] for each in results
                       if str(each["settings"]["load_percent"]) == row["load_percent"]
                       and each["settings"]["mix"] == row["mix"]]
            model, = [each for each in result["results"] if each["learner"] == "model"
                      and each["granularity"] == row["granularity"]]
            rate, = [each for each in model["rates"]
                     if each["rate_bytes_per_minute"] == float(row["rate_bytes_per_minute"])]
            self.assertEqual(int(row["tp"]), rate["windows"]["true_positive"])
            self.assertAlmostEqual(float(row["f1"]), rate["f1"]["value"], places=12)

    def test_no_capture_stays_and_nothing_is_done_twice(self):
        self.assertEqual(list((self.folder / "x").rglob("*.pcap")), [])
        before = (self.folder / "x" / "experiments.html").read_bytes()
        answer = self.call("experiment", "--plan", "plan.yaml", "--out", "x")
        self.expect(answer, OK, "3 experiments, 3 finished before, 0 models to train")
        self.assertEqual((self.folder / "x" / "experiments.html").read_bytes(), before)

    def test_the_page_needs_nobody(self):
        page = (self.folder / "x" / "experiments.html").read_text()
        self.assertNotIn("<script", page)
        self.assertIsNone(re.search(r"(src|href)=\"(?!data:|#)", page))
        self.assertIn("F1 by load", page)
        self.assertIn("F1 by distance of the action mix", page)
        self.assertIsNone(re.search(r"\b(nan|inf)\b", page))


class Plan(MimirCase):
    def test_what_is_wrong_is_told_before_anything_is_done(self):
        for text, said in [
                ("applications: [{app: bookshop}]\n", "bookshop"),
                ("applications: [{app: sock-shop, sensitive: nobody}]\n",
                 "sock-shop has no service nobody"),
                ("applications: [{app: sock-shop, mixes: [\"fly=1\"]}]\n",
                 "there is no action fly"),
                ("applications: [{app: sock-shop}]\nseed: [1]\n", "plan.yaml:2:1: error: ")]:
            with self.subTest(text):
                self.write("plan.yaml", text)
                answer = self.call("experiment", "--plan", "plan.yaml", "--out", "y")
                self.expect(answer, USAGE, said, "hint: ")
                self.assertFalse((self.folder / "y").exists())
        self.expect(self.call("experiment", "--out", "y"), USAGE, "give --plan FILE")


if __name__ == "__main__":
    main()
