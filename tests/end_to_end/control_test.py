#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A running appliance is steered at its Unix socket: by `mimir ctl`, and by Python's own HTTP
client where what is sent is wrong. It listens to a device that brings no packets."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import stat

from mimir_case import MACHINE, OK, PATIENCE_S, USAGE, Appliance, MimirCase, main, own_prefix

QUIET_DEVICE = "net_null0,no-rx=1"
CONTROL = "control:\n  socket: control.sock\n"
RULES = "  payload: {look: rules, rules: [rules.yaml]}\n"
BODY_BYTES_MAX = 65536


def rules_file(word, count=1):
    return "rules:\n" + "".join(
        f"  - id: word-{i}\n    description: the word\n    severity: high\n    kind: custom\n"
        f"    patterns: ['{word}{i}']\n    tests: {{match: ['{word}{i}'], no_match: ['other']}}\n"
        for i in range(count))


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_S)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Control(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.must("train", "benign/capture.pcap", "--entities", "benign/entities.jsonl",
                 "--sensitive", "user-db", "--name", "second", "--output", "second.mimir")
        cls.write("rules.yaml", rules_file("first"))

    def setUp(self):
        shutil.copy(self.folder / "shop.mimir", self.folder / "active.mimir")
        self.configure("run.yaml", "benign/entities.jsonl", QUIET_DEVICE, model="active.mimir",
                       more=CONTROL)
        text = (self.folder / "run.yaml").read_text().replace("model:\n", RULES + "model:\n", 1)
        self.write("run.yaml", text)
        self.appliance = Appliance(self, "run.yaml")
        self.addCleanup(self.appliance.__exit__)
        if not self.appliance.wait_until_listening():
            if os.geteuid() != 0:
                self.skipTest(f"DPDK cannot start here: {self.appliance.stderr}")
            self.fail(self.appliance.stderr)

    def ctl(self, *arguments):
        return self.call("ctl", "--config", "run.yaml", *arguments)

    def model_name(self):
        answer = self.ctl("status", "--json")
        self.expect(answer, OK)
        return json.loads(answer.stdout)["model"]["name"]

    def ask(self, method, path, body=None):
        with contextlib.closing(LocalConnection(self.folder / "control.sock")) as connection:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def test_a_model_and_rules_are_taken_up_and_bad_ones_refused(self):
        self.assertEqual(self.model_name(), "shop")
        shutil.copy(self.folder / "second.mimir", self.folder / "active.mimir")
        self.write("rules.yaml", rules_file("second", 2))
        answer = self.ctl("reload")
        self.expect(answer, OK)
        self.assertIn("model second", answer.stdout)
        self.assertIn("2 rules", answer.stdout)
        self.assertEqual(self.model_name(), "second")

        self.write("active.mimir", "garbage")
        self.write("rules.yaml", rules_file("(("))
        self.expect(self.ctl("reload"), USAGE, "not a model file", "rules.yaml:",
                    "what ran before still runs")
        self.assertEqual(self.model_name(), "second")

        # Twice more: facts of rules have two ranges of numbers, and each was used.
        for count in (3, 4):
            shutil.copy(self.folder / "shop.mimir", self.folder / "active.mimir")
            self.write("rules.yaml", rules_file("third", count))
            answer = self.ctl("reload")
            self.expect(answer, OK)
            self.assertIn(f"{count} rules", answer.stdout)
        self.assertEqual(self.model_name(), "shop")
        self.assertEqual(self.appliance.end(), OK)

    def test_what_is_fixed_is_refused_by_name(self):
        config = self.folder / "run.yaml"
        text = config.read_text()
        config.write_text(text.replace("flow_count_max: 65536", "flow_count_max: 32768") +
                          "http: {listen: \"127.0.0.1:0\"}\n")
        self.expect(self.ctl("reload"), USAGE, "dataplane.flow_count_max has changed",
                    "http.listen has changed")
        config.write_text(text + "detection:\n  suppress:\n    - {detector: beacon, "
                          "source: front-end, until: 2031-01-01, reason: known}\n")
        answer = self.ctl("reload")
        self.expect(answer, OK)
        self.assertIn("1 suppressions", answer.stdout)

    def test_drain_ends_it_in_order(self):
        mode = os.stat(self.folder / "control.sock").st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(mode & 0o007, 0, "others may not")
        self.expect(self.ctl("drain"), OK)
        self.assertFalse((self.folder / "control.sock").exists())
        self.assertEqual(self.appliance.process.wait(PATIENCE_S), OK)
        self.expect(self.ctl("status"), MACHINE, "nobody answers at control.sock", "hint")

    def test_a_replay_that_ended_takes_nothing_up_and_says_so(self):
        self.simulate("short", "--users", "8", "--duration", "1min", "--seed", "2")
        self.configure("stay.yaml", "short/entities.jsonl", model="active.mimir",
                       prefix=own_prefix("-stay"), more="http:\n  listen: 127.0.0.1:0\n"
                       "control:\n  socket: stay.sock\n")
        words = ["--config", "stay.yaml"]
        with Appliance(self, "stay.yaml", "--replay", "short/capture.pcap", "--stay") as stay:
            self.assertTrue(stay.wait_until_said("until Ctrl-C"), stay.stderr)
            self.expect(self.call("ctl", *words, "reload"), USAGE, "nothing is judged")
            self.expect(self.call("model", "stage", "second.mimir", *words), USAGE,
                        "nothing is judged")
            self.assertFalse((self.folder / "active.mimir.candidate").exists())
            answer = self.call("ctl", *words, "capture", "--port", "80", "-o", "none.pcap")
            self.expect(answer, OK)
            self.assertIn("0 packets", answer.stdout)
            self.assertIn("shop", self.call("ctl", *words, "status").stdout)

    def test_the_socket_a_killed_process_left_behind_is_taken_over(self):
        self.appliance.process.kill()
        self.appliance.process.wait()
        self.assertTrue((self.folder / "control.sock").exists())
        with Appliance(self, "run.yaml") as second:
            self.assertTrue(second.wait_until_listening(), second.stderr)
            self.assertEqual(self.model_name(), "shop")
            third = self.call("run", "--config", "run.yaml")
            self.expect(third, USAGE, "somebody listens at control.sock")
            self.assertEqual(self.model_name(), "shop")

    def test_top_says_what_the_cores_do(self):
        """A quiet link: it polls, and nothing is busy."""
        answer = self.call("top", "--config", "run.yaml", "--once", "--json")
        self.expect(answer, OK)
        looked = json.loads(answer.stdout)
        self.assertGreater(looked["seconds"], 0.5)
        self.assertEqual((looked["model"], looked["listening"]), ("shop", True))
        worker, = looked["workers"]
        self.assertEqual((worker["busy_ratio"], worker["ring_ratio"]), (0, 0))
        self.assertGreater(worker["polls"], 0)
        port, = looked["ports"]
        self.assertEqual((port["device"], port["link_up"], port["mpps"], port["lost_pps"]),
                         ("net_null0", True, 0, 0))
        self.assertEqual(json.loads(self.ask("GET", "/api/v1/status")[1])["packets"]["received"],
                         looked["packets"]["received"])
        text = self.call("top", "--config", "run.yaml", "--once").stdout
        self.assertRegex(text, r"(?m)^core 0  busy   0\.0 % \[\.{30}\]  ring   0\.0 %, at most ")
        self.assertRegex(text, r"(?m)^port .* 0\.0000 Mpps  up  net_null0  0 missed")
        self.assertNotIn("\x1b", text)
        self.expect(self.call("top", "--socket", "none.sock", "--once"), MACHINE,
                    "nobody answers at none.sock", "hint")

    def test_who_finds_nothing_is_told_what_was_seen(self):
        answer = self.ctl("alerts")
        self.expect(answer, OK, "seen: 0 packets in closed windows, 0 lost at ports; ",
                    " windows of 10 s, ")
        self.assertEqual(answer.stdout, "no such alert was told\n")
        answer = self.ctl("windows", "--granularity", "7")
        self.expect(answer, OK, "seen: 0 packets in closed windows", "windows of 60 s")
        self.assertEqual(answer.stdout, "no such window was judged\n")

    def test_what_is_wrong_is_refused(self):
        self.assertEqual(self.ask("POST", "/api/v1/nothing")[0], 404)
        self.assertEqual(self.ask("DELETE", "/api/v1/reload")[0], 405)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.ask("POST", "/api/v1/reload", b"x" * (BODY_BYTES_MAX + 1))
        status, text = self.ask("GET", "/api/v1/reload")
        self.assertEqual((status, json.loads(text)["phase"]), (200, "none"))


if __name__ == "__main__":
    main()
