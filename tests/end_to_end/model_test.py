#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a model: two are compared as files. What the command says is reckoned again from
the model files' own JSON."""

import json

from mimir_case import DATA, OK, SENSITIVE, USAGE, MimirCase, main


class Models(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        # Learned from the same windows, but blind to what is new and to sizes.
        cls.must("train", "benign/capture.pcap", "--entities", "benign/entities.jsonl",
                 "--sensitive", SENSITIVE, "--name", "blind", "--output", "blind.mimir",
                 "--leave-out", "first_contact", "--leave-out", "bytes", "--leave-out",
                 "pod_excess")

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
            features = [{each.pop("name"): each for each in model["features"]}
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

    def test_wrong_use_is_said(self):
        self.expect(self.call("model", "forget", "shop.mimir"), USAGE, "`forget`")
        self.expect(self.call("model", "diff", "shop.mimir"), USAGE, "two model files")
        self.write("garbage.mimir", "garbage")
        self.expect(self.call("model", "diff", "shop.mimir", "garbage.mimir"), DATA,
                    "garbage.mimir:1: error: not a model file")


if __name__ == "__main__":
    main()
