#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a model: two are compared as files, on the windows of a capture and behind each
other in an appliance. What the command says is reckoned again from the model files' own JSON and
from `mimir score`."""

import datetime
import hashlib
import json
import os
import shutil
import statistics

from mimir_case import (DATA, MACHINE, OK, SENSITIVE, USAGE, Appliance, MimirCase, json_lines, main,
                        own_prefix)

THEFT = ["--attack", "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=120"]


def train_two(case):
    """A model, another that learned from the same windows but is blind to what is new and to
    sizes, and a capture with a theft in it."""
    case.train()
    case.must("train", "benign/capture.pcap", "--entities", "benign/entities.jsonl",
              "--sensitive", SENSITIVE, "--name", "blind", "--output", "blind.mimir",
              "--leave-out", "first_contact", "--leave-out", "bytes", "--leave-out", "pod_excess")
    case.simulate("theft", "--users", "8", "--duration", "6min", "--seed", "2", *THEFT)


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Models(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        train_two(cls)

    def body_of(self, model):
        return json.loads((self.folder / model).read_text(encoding="utf-8").split("\n", 1)[1])

    def test_a_model_and_itself_differ_in_nothing(self):
        self.assertIn("they are equal", self.must("model", "diff", "shop.mimir", "shop.mimir"))
        same = json.loads(self.must("model", "diff", "shop.mimir", "shop.mimir", "--json"))
        self.assertEqual((same["same"], same["settings"], same["baselines"]), (True, [], []))

    def test_what_two_files_differ_in_is_listed(self):
        found = json.loads(self.must("model", "diff", "shop.mimir", "blind.mimir", "--json"))
        self.assertFalse(found["same"])
        self.assertIn({"name": "name", "before": "shop", "after": "blind"}, found["settings"])
        self.assertEqual(found["names"]["services"]["gone"], [])
        before, after = self.body_of("shop.mimir"), self.body_of("blind.mimir")
        for granularity, one, other in zip(found["granularities"], before["granularities"],
                                           after["granularities"]):
            features = [{each["name"]: each for each in model["features"]}
                        for model in (one, other)]
            self.assertEqual(
                {change["name"]: (change["before"], change["after"])
                 for change in granularity["features"]},
                {name: (features[0].get(name), features[1].get(name))
                 for name in features[0].keys() | features[1].keys()
                 if features[0].get(name) != features[1].get(name)})
            changed = {each["name"]: (each["before"], each["after"])
                       for each in granularity["settings"]}
            self.assertEqual(changed["threshold"], (one["threshold"], other["threshold"]))
        text = self.must("model", "diff", "shop.mimir", "blind.mimir")
        for said in ["shop -> blind", "first_contact(outside)", "-> unknown", "windows of 60 s"]:
            self.assertIn(said, text)

    def windows_of(self, model):
        lines = json_lines(self.must("score", "theft/capture.pcap", "--model", model, "--entities",
                                     "theft/entities.jsonl", "--windows"))
        return {(line["begin"], line["granularity_s"]): line for line in lines}

    def compare(self, *arguments):
        return self.must("model", "compare", "shop.mimir", "blind.mimir", "theft/capture.pcap",
                         "--entities", "theft/entities.jsonl", *arguments)

    def test_both_judge_the_windows_of_a_capture_as_score_does(self):
        one, other = self.windows_of("shop.mimir"), self.windows_of("blind.mimir")
        self.assertEqual(one.keys(), other.keys())
        found = json.loads(self.compare("--json"))
        for level in found["windows"]:
            pairs = [(one[key], other[key]) for key in one if key[1] == level["granularity_s"]]
            alarms = [(a["alert"], b["alert"]) for a, b in pairs]
            self.assertEqual(
                (level["windows"], level["alarms_both"], level["alarms_first_only"],
                 level["alarms_second_only"], level["judged_by_one"]),
                (len(pairs), alarms.count((True, True)), alarms.count((True, False)),
                 alarms.count((False, True)), 0))
            distances = [abs(b["score"] - b["threshold"] - a["score"] + a["threshold"])
                         for a, b in pairs if not a["no_data"] and not b["no_data"]]
            self.assertAlmostEqual(level["distance_median"], statistics.median(distances))
            self.assertNotIn("f1_first", level)
        disagreements = {(each["begin"], each["granularity_s"]): each
                         for each in found["disagreements"]}
        self.assertEqual(disagreements.keys(),
                         {key for key in one if one[key]["alert"] != other[key]["alert"]})
        self.assertTrue(disagreements)
        for key, each in disagreements.items():
            self.assertEqual((each["first"]["score"], each["second"]["score"]),
                             (one[key]["score"], other[key]["score"]))
            loud, judged = (each["first"], one) if each["first"]["alert"] else (each["second"],
                                                                                other)
            if path := judged[key]["path"]:
                self.assertEqual(loud["where"], " -> ".join(path))
            self.assertGreater(loud["contribution"], 0)
        text = self.compare()
        self.assertIn(f"they disagree in {len(disagreements)} of {len(one)} windows", text)

    def test_truth_says_who_was_right(self):
        truth, = json_lines((self.folder / "theft/truth.jsonl").read_text(encoding="utf-8"))
        found = json.loads(self.compare("--json", "--truth", "theft/truth.jsonl"))
        for name, model in [("f1_first", "shop.mimir"), ("f1_second", "blind.mimir")]:
            windows = self.windows_of(model)
            for level in found["windows"]:
                length = level["granularity_s"]
                right = {True: 0, False: 0}
                missed = 0
                for (begin, granularity_s), window in windows.items():
                    if granularity_s != length or window["no_data"]:
                        continue
                    index = datetime.datetime.strptime(
                        begin, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() // length
                    first, last = truth["start"] // length, truth["end"] // length
                    is_attack = first <= index < last
                    if not is_attack and index == last and truth["end"] % length > 0:
                        continue  # the window in which it ends
                    if window["alert"]:
                        right[is_attack] += 1
                    elif is_attack:
                        missed += 1
                f1 = 2 * right[True] / (2 * right[True] + right[False] + missed)
                self.assertAlmostEqual(level[name], f1)
        fine = found["windows"][0]
        self.assertGreater(min(fine["f1_first"], fine["f1_second"]), 0.5)
        self.assertNotEqual(fine["f1_first"], fine["f1_second"], "or they could be exchanged")

    def test_models_that_agree_say_how_near_they_came(self):
        answer = self.must("model", "compare", "shop.mimir", "shop.mimir", "benign/capture.pcap",
                           "--entities", "benign/entities.jsonl")
        self.assertRegex(answer, r"they agree in all \d+ windows: \d+ alarms; without one "
                         r"shop.mimir came to -\d+\.\d+ of its threshold")

    def test_wrong_use_is_said(self):
        self.expect(self.call("model", "forget", "shop.mimir"), USAGE, "`forget`")
        self.expect(self.call("model", "diff", "shop.mimir"), USAGE, "two model files")
        self.expect(self.call("model", "compare", "shop.mimir", "blind.mimir"), USAGE,
                    "captures to judge")
        self.expect(self.call("model", "compare", "shop.mimir", "blind.mimir", "x.pcap"), USAGE,
                    "--entities")
        self.expect(self.call("model", "compare", "shop.mimir", "blind.mimir", "x.pcap",
                              "--entities", "theft/entities.jsonl", "--observe", "node-any"),
                    USAGE, "model shop was trained at observation point mirror")
        self.write("garbage.mimir", "garbage")
        self.expect(self.call("model", "diff", "shop.mimir", "garbage.mimir"), DATA,
                    "garbage.mimir:1: error: not a model file")


class Shadow(MimirCase):
    """A candidate behind the model in force: in a replay, and in an appliance that is steered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        train_two(cls)

    def replay(self, name):
        shutil.copy(self.folder / "shop.mimir", self.folder / f"{name}.mimir")
        config = self.configure(f"{name}.yaml", "theft/entities.jsonl", alerts=f"{name}.jsonl",
                                model=f"{name}.mimir", prefix=own_prefix(f"-{name}"),
                                more=f"  history: {name}.sqlite\n")
        answer = self.call("run", "--config", config, "--replay", "theft/capture.pcap")
        self.skip_unless_dpdk(answer)
        self.expect(answer, OK)
        return answer

    def test_what_it_made_of_a_replay_is_what_it_makes_of_the_capture(self):
        shutil.copy(self.folder / "blind.mimir", self.folder / "two.mimir.candidate")
        self.replay("one")
        answer = self.replay("two")
        self.assertIn("shadow   blind at 10 s: ", answer.stderr)
        self.assertEqual((self.folder / "one.jsonl").read_text(encoding="utf-8"),
                         (self.folder / "two.jsonl").read_text(encoding="utf-8"),
                         "a candidate alarms nobody")
        live = json.loads(self.must("model", "compare", "--from", "two.sqlite", "--json"))
        offline = json.loads(self.must("model", "compare", "shop.mimir", "blind.mimir",
                                       "theft/capture.pcap", "--entities", "theft/entities.jsonl",
                                       "--json"))
        self.assertTrue(offline["disagreements"])
        for key in ["windows", "disagreements"]:
            self.assertEqual(live[key], offline[key])
        for key in ["first_model", "second_model"]:
            self.assertEqual(live[key]["sha256"], offline[key]["sha256"])
        self.assertIn("they disagree in", self.must("model", "compare", "--from", "two.sqlite"))
        self.expect(self.call("model", "compare", "--from", "one.sqlite"), DATA,
                    "no window that a candidate judged", "mimir model stage")
        self.expect(self.call("model", "compare", "--from", "two.sqlite", "shop.mimir"), USAGE,
                    "exclude each other")

    def begin(self):
        appliance = Appliance(self, "run.yaml")
        self.addCleanup(appliance.__exit__)
        if not appliance.wait_until_listening():
            if os.geteuid() != 0:
                self.skipTest(f"DPDK cannot start here: {appliance.stderr}")
            self.fail(appliance.stderr)
        return appliance

    def model(self, *words):
        return self.call("model", *words, "--config", "run.yaml")

    def judging(self):
        """SHA-256 of the model in force, the candidate and the former one."""
        status = json.loads(self.must("model", "status", "--config", "run.yaml", "--json"))
        return tuple((status[role] or {}).get("sha256")
                     for role in ["in_force", "candidate", "former"])

    def files(self):
        return tuple(digest_of(path) if (path := self.folder / f"active.mimir{end}").exists()
                     else None for end in ["", ".candidate", ".former"])

    def expect_models(self, *digests):
        self.assertEqual(self.judging(), digests)
        self.assertEqual(self.files(), digests)

    def test_a_candidate_is_staged_promoted_and_rolled_back(self):
        for end in [".candidate", ".former"]:
            (self.folder / f"active.mimir{end}").unlink(missing_ok=True)
        shutil.copy(self.folder / "shop.mimir", self.folder / "active.mimir")
        self.configure("run.yaml", "benign/entities.jsonl", "net_null0,no-rx=1",
                       model="active.mimir", more="control:\n  socket: control.sock\n")
        shop, blind = digest_of(self.folder / "shop.mimir"), digest_of(self.folder / "blind.mimir")
        self.expect(self.model("status"), MACHINE, "nobody answers at control.sock")
        appliance = self.begin()
        self.expect_models(shop, None, None)
        for words in ["promote", "unstage"]:
            self.expect(self.model(words), USAGE, "there is no candidate")
        self.expect(self.model("rollback"), USAGE, "there is no former model")
        self.expect(self.model("stage", "shop.mimir"), USAGE, "is the model in force")
        text = (self.folder / "blind.mimir").read_text(encoding="utf-8")
        self.write("old.mimir", text.replace("mimir-model 4", "mimir-model 3", 1))
        self.expect(self.model("stage", "old.mimir"), DATA, "model format version `3`")
        # Well in itself: that it was trained to see something else, the appliance says.
        body = text.split("\n", 1)[1].replace('"observation": "mirror"',
                                              '"observation": "node-any"')
        self.write("other.mimir", "mimir-model 4 sha256="
                   f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}")
        self.expect(self.model("stage", "other.mimir"), USAGE, "the model was trained at node-any",
                    "what judged before still judges")
        self.expect_models(shop, None, None)

        answer = self.model("stage", "blind.mimir")
        self.expect(answer, OK)
        self.assertIn("model shop", answer.stdout)
        self.assertIn("candidate blind", answer.stdout)
        self.expect_models(shop, blind, None)
        self.expect(self.model("stage", "other.mimir"), USAGE, "node-any")
        self.expect_models(shop, blind, None)
        self.assertEqual(appliance.end(), OK)
        appliance = self.begin()
        self.expect_models(shop, blind, None)
        self.assertIn("has judged no window yet", self.model("status").stdout)

        self.expect(self.model("promote"), OK)
        self.expect_models(blind, None, shop)
        self.expect(self.model("rollback"), OK)
        self.expect_models(shop, None, blind)
        self.expect(self.model("stage", "blind.mimir"), OK)
        self.expect(self.model("unstage"), OK)
        self.expect_models(shop, None, blind)
        self.assertEqual(appliance.end(), OK)

        self.write("active.mimir.candidate", "garbage")
        appliance = Appliance(self, "run.yaml")
        self.addCleanup(appliance.__exit__)
        self.assertTrue(appliance.wait_until_said("the candidate does not judge: not a model"))
        self.assertTrue(appliance.wait_until_listening())
        self.assertEqual(self.judging(), (shop, None, blind))
        self.assertEqual(appliance.end(), OK)


if __name__ == "__main__":
    main()
