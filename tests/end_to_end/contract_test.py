#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scripts rely on this: what is on which stream, and what the exit codes mean."""

import json
import re
import shlex

from mimir_case import DATA, OK, USAGE, MimirCase, main, pcap_header, pcap_packet, udp_frame

COMMANDS = ["demo", "run", "check", "simulate", "flows", "features", "train", "score", "inspect",
            "bench"]


class Help(MimirCase):
    def test_the_overview_names_every_command_and_the_exit_codes(self):
        answer = self.call("--help")
        self.expect(answer, OK)
        self.assertEqual(re.findall(r"^  (\w+) {2,}[A-Z]", answer.stdout, re.MULTILINE), COMMANDS)
        self.assertIn("Exit codes: 0 ok, 1 wrong data, 2 usage or configuration, 3 the machine "
                      "lacks something", answer.stdout)
        self.assertEqual(answer.stderr, "")

    def test_the_version_is_one_line(self):
        self.assertRegex(self.must("--version"), r"^\d+\.\d+\.\d+\n$")

    def test_every_command_has_help_on_standard_output(self):
        for command in COMMANDS:
            with self.subTest(command):
                answer = self.call(command, "--help")
                self.expect(answer, OK)
                self.assertIn("Usage: mimir " + command, answer.stdout)
                self.assertEqual(answer.stderr, "")

    def test_every_example_names_options_that_exist(self):
        for command in COMMANDS:
            with self.subTest(command):
                text = self.call(command, "--help").stdout
                example = re.search(r"^Example:\n  mimir (.*)$", text, re.MULTILINE)
                self.assertIsNotNone(example, text)
                words = shlex.split(example.group(1))
                self.assertEqual(words[0], command)
                # With --help last the whole line is parsed, and nothing is done.
                self.expect(self.call(*words, "--help"), OK)
                self.expect(self.call(*words, "--no-such-option"), USAGE, "--no-such-option")

    def test_examples_parse(self):
        """None of the files is there, so that each gets as far as opening one."""
        for command in ["run", "check", "flows", "features", "train", "score", "inspect"]:
            with self.subTest(command):
                text = self.call(command, "--help").stdout
                example = re.search(r"^Example:\n  mimir (.*)$", text, re.MULTILINE).group(1)
                answer = self.call(*shlex.split(example))
                self.assertIn("No such file or directory", answer.stderr)
                self.assertNotIn("--help", answer.stderr)


class ExitCodes(MimirCase):
    def test_wrong_use_is_2_and_says_where_help_is(self):
        for words in [["flows"], ["score", "x.pcap"], ["flows", "--workers", "0", "x.pcap"],
                      ["flows", "--workers", "many", "x.pcap"], ["simulate", "--duration", "soon",
                                                                 "--out", "x"],
                      ["simulate", "--app", "bookshop", "--out", "x"], ["bench"]]:
            with self.subTest(" ".join(words)):
                answer = self.call(*words)
                self.expect(answer, USAGE, "error: ", f"hint: mimir {words[0]} --help")
                self.assertEqual(answer.stdout, "")

    def test_no_command_and_an_unknown_command_are_2(self):
        for words in [[], ["fly"], ["--fly"]]:
            with self.subTest(words):
                answer = self.call(*words)
                self.expect(answer, USAGE, "error: ", "hint: mimir --help")
                self.assertEqual(answer.stdout, "")

    def test_an_attack_that_cannot_be_is_2(self):
        for attack in ["exfil", "flood:path=a>b", "exfil:path=user-db>nowhere>outside,rate=1MB/min,"
                       "start=1,duration=1", "exfil:path=user-db>user>outside,rate=fast,start=1,"
                       "duration=1"]:
            with self.subTest(attack):
                answer = self.call("simulate", "--duration", "10s", "--out", "x", "--attack",
                                   attack)
                self.expect(answer, USAGE, "error: ", "hint: ")
                self.assertEqual(answer.stdout, "")

    def test_a_file_that_is_not_there_is_1_for_data_and_2_for_a_configuration(self):
        for words, code in [(["flows", "none"], DATA), (["inspect", "none"], DATA),
                            (["score", "none", "--model", "none", "--entities", "none"], DATA),
                            (["check", "--config", "none"], USAGE),
                            (["run", "--config", "none"], USAGE)]:
            with self.subTest(" ".join(words)):
                answer = self.call(*words)
                self.expect(answer, code, "none: error: ", "No such file or directory")
                self.assertEqual(answer.stdout, "")


class Streams(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("one.pcap", pcap_header() + pcap_packet(udp_frame("10.0.0.1", "10.0.0.2")))

    def test_figures_are_on_standard_output_and_the_ledger_is_not(self):
        for form in [[], ["--csv"], ["--jsonl"], ["--json"]]:
            with self.subTest(form):
                answer = self.call("flows", *form, "one.pcap")
                self.expect(answer, OK, "packets  received 1 = counted 1 + dropped 0  (balances)")
                self.assertNotIn("packets  received", answer.stdout)
                self.assertNotEqual(answer.stdout, "")

    def test_json_is_json(self):
        summary = json.loads(self.must("flows", "--json", "one.pcap"))
        self.assertEqual(summary["flows"], 1)
        self.assertEqual(summary["protocols"]["udp"], {"flows": 1, "packets": 1, "bytes": 33})
        flow, = map(json.loads, self.must("flows", "--jsonl", "one.pcap").splitlines())
        self.assertEqual((flow["src"], flow["src_port"], flow["dst"], flow["dst_port"]),
                         ("10.0.0.1", 1000, "10.0.0.2", 2000))
        written = json.loads(self.must("simulate", "--duration", "10s", "--users", "2", "--json",
                                       "--out", "run"))
        self.assertGreater(written["packets"], 0)

    def test_csv_has_a_name_for_every_column(self):
        header, line = self.must("flows", "--csv", "one.pcap").splitlines()
        self.assertEqual(len(header.split(",")), len(line.split(",")))

    def test_a_diagnostic_leaves_standard_output_to_the_figures(self):
        self.write("two.pcap", (self.folder / "one.pcap").read_bytes() + b"\0" * 5)
        whole, cut = self.call("flows", "--csv", "one.pcap"), self.call("flows", "--csv",
                                                                        "two.pcap")
        self.expect(cut, DATA, "two.pcap: error: ")
        self.assertEqual(whole.stdout, cut.stdout)

    def test_the_default_configuration_is_a_configuration(self):
        self.write("default.yaml", self.must("check", "--print-default"))
        answer = self.call("check", "--config", "default.yaml")
        self.expect(answer, USAGE)
        self.assertNotIn("default.yaml:", answer.stderr.replace("default.yaml: ", ""))


if __name__ == "__main__":
    main()
