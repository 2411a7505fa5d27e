#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scripts rely on this: what is on which stream, and what the exit codes mean."""

import gzip
import json
import re
import shlex
import shutil
import struct
import subprocess
import unittest

from mimir_case import (DATA, MACHINE, OK, PATIENCE_S, SENSITIVE, USAGE, MimirCase, main,
                        pcap_header, pcap_packet, udp_frame)

COMMANDS = ["demo", "run", "ctl", "top", "observe", "check", "doctor",
            "config", "simulate", "flows", "features", "policy",
            "train", "score", "detect", "entities", "evaluate", "experiment", "inspect", "model",
            "explain", "alert", "tune", "bench"]


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

    def options_of(self, command):
        return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", self.must(command, "--help"),
                              re.MULTILINE))

    def test_the_manual_has_every_option(self):
        manual = self.must("--print-manual")
        for command in COMMANDS:
            section = manual.split(f".SS mimir {command}\n")[1].split("\n.SS ")[0]
            named = set(re.findall(r"--[\w-]+", section.replace("\\-", "-")))
            self.assertEqual(self.options_of(command) - named, set(), command)
        if shutil.which("groff") is None:
            self.skipTest("groff is not installed")
        typeset = subprocess.run(["groff", "-man", "-ww", "-z"], input=manual, text=True,
                                 capture_output=True, check=False)
        self.assertEqual((typeset.returncode, typeset.stderr), (0, ""))

    def test_bash_completes_commands_and_options(self):
        self.write("completion", self.must("--print-completion"))

        def completed(*words):
            script = ("source completion; COMP_WORDS=(mimir " + shlex.join(words) + "); "
                      f"COMP_CWORD={len(words)}; _mimir; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            answer = subprocess.run(["bash", "-c", script], cwd=self.folder, text=True,
                                    capture_output=True, check=False)
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))
            return set(answer.stdout.split())
        self.assertEqual(completed("exp"), {"experiment", "explain"})
        self.assertEqual(completed("train", "--ent"), {"--entities"})
        for command in COMMANDS:
            self.assertEqual(completed(command, "--"), self.options_of(command), command)

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
        for command in ["run", "check", "flows", "features", "policy", "train", "score", "detect",
                        "evaluate", "experiment", "inspect", "model", "explain", "alert", "tune",
                        "observe",
                        "top", "doctor", "config"]:
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
                      ["simulate", "--app", "bookshop", "--out", "x"], ["simulate"], ["bench"],
                      ["evaluate", "x.pcap", "--model", "m", "--entities", "e"]]:
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

    def test_a_topology_that_is_printed_is_the_one_that_is_built_in(self):
        text = self.must("simulate", "--app", "hipster-store", "--print-topology")
        self.write("own.yaml", text)
        for name, chosen in [("a", ["--app", "hipster-store"]), ("b", ["--topology", "own.yaml"])]:
            self.must("simulate", *chosen, "--duration", "20s", "--users", "5", "--out", name)
        for file in ["capture.pcap", "entities.jsonl"]:
            self.assertEqual((self.folder / "a" / file).read_bytes(),
                             (self.folder / "b" / file).read_bytes())

    def test_a_topology_with_a_fault_is_2_and_shows_its_place(self):
        text = self.must("simulate", "--print-topology").replace("front: front-end",
                                                                 "front: frontend")
        self.write("wrong.yaml", text)
        answer = self.call("simulate", "--topology", "wrong.yaml", "--out", "x")
        self.expect(answer, USAGE, "wrong.yaml:5:8: error: no service is called 'frontend'",
                    "hint: did you mean 'front-end'?")
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

    def test_output_that_cannot_be_written_is_said(self):
        for form in ["--csv", "--jsonl", "--json"]:
            with self.subTest(form), open("/dev/full", "w", encoding="utf-8") as full:
                answer = subprocess.run([self.mimir_path, "flows", form, "one.pcap"], stdout=full,
                                        stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                        check=False, timeout=PATIENCE_S)
                self.expect(answer, MACHINE, "standard output could not be written", "hint: ")

    def test_json_is_json(self):
        summary = json.loads(self.must("flows", "--json", "one.pcap"))
        self.assertEqual(summary["flows"], 1)
        self.assertEqual(summary["protocols"]["udp"], {"flows": 1, "packets": 1, "bytes": 33})
        flow, = map(json.loads, self.must("flows", "--jsonl", "one.pcap").splitlines())
        self.assertEqual((flow["src"], flow["src_port"], flow["dst"], flow["dst_port"]),
                         ("10.0.0.1", 40000, "10.0.0.2", 2000))
        self.assertEqual((flow["outcome"], flow["client_by"]), ("unanswered", "port_rank"))
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


def packets_of(capture):
    """The records of a little-endian classic pcap file, each with its header."""
    packets, at = [], 24
    while at < len(capture):
        end = at + 16 + struct.unpack_from("<I", capture, at + 8)[0]
        packets.append(capture[at:end])
        at = end
    return packets


class SeveralCaptures(MimirCase):
    """Files that were one capture give what the one gives, to the byte."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulate("run", "--users", "8", "--duration", "2min", "--seed", "3")
        cls.whole = (cls.folder / "run" / "capture.pcap").read_bytes()
        cls.packets = packets_of(cls.whole)
        cls.flows = cls.must("flows", "--csv", "run/capture.pcap")

    def part(self, name, packets):
        self.write(name, self.whole[:24] + b"".join(packets))
        return name

    def rotate(self, folder, pieces=7):
        (self.folder / folder).mkdir()
        step = len(self.packets) // pieces + 1
        # The names' order is not the times'.
        return [self.part(f"{folder}/{(3 * i) % pieces}.pcap", self.packets[step * i:][:step])
                for i in range(pieces)]

    def piped(self, content, *words):
        return subprocess.run([self.mimir_path, *words], cwd=self.folder, input=content,
                              capture_output=True, check=True, timeout=PATIENCE_S).stdout.decode()

    def same(self, one, other):
        # Not assertEqual: the difference of two captures is no message.
        self.assertTrue(one == other, "they differ")

    def test_rotated_files_are_one_capture_as_a_list_and_as_a_folder(self):
        pieces = self.rotate("rotated")
        for workers in [1, 3]:
            for words in [pieces, pieces[::-1], ["rotated"], ["rotated/"]]:
                with self.subTest(words=words, workers=workers):
                    self.same(self.flows, self.must("flows", "--csv", "--workers", workers, *words))

    def test_compressed_pieces_are_one_capture_too(self):
        for i, piece in enumerate(self.rotate("packed")):
            if i % 2 == 0:
                path = self.folder / piece
                self.write(piece + ".gz", gzip.compress(path.read_bytes()))
                path.unlink()
        self.same(self.flows, self.must("flows", "--csv", "packed", "--workers", 2))

    def test_rotated_files_have_the_windows_of_the_whole(self):
        self.rotate("windows")
        words = ["--entities", "run/entities.jsonl", "--sensitive", SENSITIVE]
        whole = self.must("features", "run/capture.pcap", *words)
        self.assertGreater(len(whole.splitlines()), 10)
        for workers in [1, 2]:
            self.same(whole, self.must("features", "windows", *words, "--workers", workers))

    @unittest.skipUnless(shutil.which("editcap"), "there is no editcap")
    def test_what_editcap_split_is_one_capture(self):
        (self.folder / "split").mkdir()
        subprocess.run(["editcap", "-c", "3000", "run/capture.pcap", "split/piece.pcapng"],
                       cwd=self.folder, check=True, timeout=PATIENCE_S)
        self.assertGreater(len(list((self.folder / "split").iterdir())), 3)
        self.same(self.flows, self.must("flows", "--csv", "split"))

    @unittest.skipUnless(shutil.which("mergecap"), "there is no mergecap")
    def test_captures_of_two_interfaces_are_what_mergecap_makes_of_them(self):
        # One sees five packets of seven and is two seconds ahead of the other.
        late = [packet for i, packet in enumerate(self.packets) if i % 7 >= 5]
        early = [struct.pack("<I", struct.unpack_from("<I", packet)[0] - 2) + packet[4:]
                 for i, packet in enumerate(self.packets) if i % 7 < 5]
        parts = [self.part("early.pcap", early), self.part("late.pcap", late)]
        subprocess.run(["mergecap", "-F", "pcapng", "-w", "merged.pcapng", *parts],
                       cwd=self.folder, check=True, timeout=PATIENCE_S)
        words = ["--entities", "run/entities.jsonl", "--sensitive", SENSITIVE]
        for workers in [1, 2]:
            for command, more in [("flows", ["--csv"]), ("flows", ["--json"]), ("features", words)]:
                with self.subTest(command=command, workers=workers):
                    more = [*more, "--workers", workers]
                    self.same(self.must(command, "merged.pcapng", *more),
                              self.must(command, *parts, *more))

    def test_standard_input_is_a_capture(self):
        self.same(self.flows, self.piped(self.whole, "flows", "--csv", "-"))
        self.same(self.flows, self.piped(gzip.compress(self.whole), "flows", "--csv", "-",
                                         "--workers", "2"))
        with open(self.folder / "run" / "capture.pcap", "rb") as file:
            answer = subprocess.run([self.mimir_path, "flows", "--csv", "-"], stdin=file,
                                    capture_output=True, check=True, timeout=PATIENCE_S)
        self.same(self.flows, answer.stdout.decode())

    def test_standard_input_may_be_one_of_several(self):
        half = len(self.packets) // 2
        first = self.part("first.pcap", self.packets[:half])
        rest = self.whole[:24] + b"".join(self.packets[half:])
        self.same(self.flows, self.piped(rest, "flows", "--csv", "-", first, "--workers", "2"))

    def test_a_folder_is_one_run_to_learn_from(self):
        words = ["--entities", "run/entities.jsonl", "--sensitive", SENSITIVE, "--output", "x"]
        self.rotate("learn")
        folder = self.call("train", "learn", *words)
        self.assertEqual(re.findall(r"^learn: (.*)$", folder.stderr, re.MULTILINE),
                         re.findall(r"^run/capture.pcap: (.*)$",
                                    self.call("train", "run/capture.pcap", *words).stderr,
                                    re.MULTILINE))
        self.assertIn("learn: ", folder.stderr)


if __name__ == "__main__":
    main()
