#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policies learned from a capture, read back, and the paths that they leave."""

import json

from mimir_case import DATA, OK, SENSITIVE, USAGE, MimirCase, main

ENTITIES = ["--entities", "run/entities.jsonl"]
FORMATS = ["mimir", "networkpolicy", "cilium"]


class Learned(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulate("run", "--users", "8", "--duration", "3min", "--seed", "4")
        for name in FORMATS:
            answer = cls.call("policy", "learn", *ENTITIES, "--format", name, "--output", name,
                              "run/capture.pcap")
            if answer.returncode != OK:
                raise AssertionError(answer.stderr)

    def pairs(self, policy):
        return self.must("policy", "pairs", *ENTITIES, "--policy", policy)

    def paths(self, policy, *arguments):
        return self.must("policy", "paths", *ENTITIES, "--policy", policy, "--sensitive",
                         SENSITIVE, *arguments).splitlines()

    def test_every_format_says_the_same_when_it_is_read_back(self):
        pairs = self.pairs("mimir")
        self.assertEqual(pairs, (self.folder / "mimir").read_text())
        for name in FORMATS:
            self.assertEqual(self.pairs(name), pairs)

    def test_who_speaks_to_the_database_is_as_the_application_has_it(self):
        """Facts of the Sock Shop: only user calls user-db, which asks DNS for names."""
        lines = self.pairs("networkpolicy").splitlines()
        self.assertEqual([line for line in lines if line.endswith("ALLOWED user-db")],
                         ["kube-dns ALLOWED user-db", "user ALLOWED user-db"])
        self.assertEqual([line for line in lines if line.endswith(" user_db_vip")],
                         ["user_pod user_db_vip"])

    def test_workers_change_nothing(self):
        text = self.must("policy", "learn", *ENTITIES, "--format", "cilium", "--workers", "3",
                         "run/capture.pcap")
        self.assertEqual(text, (self.folder / "cilium").read_text())

    def test_paths_come_by_length_and_end_outside(self):
        paths = self.paths("networkpolicy")
        self.assertEqual(paths[:2], ["user-db > kube-dns > outside",
                                     "user-db > user > front-end > outside"])
        lengths = [path.count(">") for path in paths]
        self.assertEqual(lengths, sorted(lengths))
        self.assertEqual(len(set(paths)), len(paths))
        for line in self.paths("networkpolicy", "--json", "--observe", "node-any"):
            stops = json.loads(line)["stops"]
            self.assertEqual(stops[0], {"kind": "pod", "service": SENSITIVE})
            self.assertEqual(stops[-1], {"kind": "outside"})

    def test_a_policy_of_everything_denied_leaves_no_path(self):
        self.write("none.yaml", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                   "metadata: {name: none, namespace: sock-shop}\n"
                   "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n")
        self.assertEqual(self.paths("none.yaml"), [])
        self.assertGreater(len(self.paths("mimir")), 0)

    def test_thefts_go_along_the_policy_given_to_train(self):
        self.write("out.yaml", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                   "metadata: {name: none, namespace: sock-shop}\n"
                   "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n")
        answer = self.call("train", "run/capture.pcap", *ENTITIES, "--sensitive", SENSITIVE,
                           "--policy", "out.yaml", "--output", "no.mimir")
        self.expect(answer, DATA, "no path leads from user-db to the outside")

    def test_a_policy_with_a_fault_is_2_and_shows_its_place(self):
        self.write("wrong.yaml", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                   "metadata: {name: p}\nspec:\n  podSelector: {}\n  ingres: []\n")
        answer = self.call("policy", "pairs", *ENTITIES, "--policy", "wrong.yaml")
        self.expect(answer, USAGE, "wrong.yaml:6:3: error: spec.ingres is not known",
                    "  6 |   ingres: []\n    |   ^\n", "hint: known here are egress, ingress")
        self.assertEqual(answer.stdout, "")


class Usage(MimirCase):
    def test_what_is_asked_wrongly_is_2(self):
        for words, said in [(["fly"], "nothing called `fly` is known of policies"),
                            (["learn"], "nothing to learn from"),
                            (["pairs", "x.pcap"], "pairs reads no capture"),
                            (["paths"], "paths begin at a service")]:
            with self.subTest(words):
                self.expect(self.call("policy", *words, *ENTITIES), USAGE, said, "hint: ")


if __name__ == "__main__":
    main()
