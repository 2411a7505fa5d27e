#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with an input is said: where, what, and what to do about it."""

import json
import os
import shutil
import stat

from mimir_case import (DATA, MACHINE, OK, SENSITIVE, USAGE, Appliance, MimirCase, main, own_prefix,
                        pcap_header, pcap_packet, udp_frame)

POD_A, POD_B = "10.244.0.2", "10.244.0.3"


def pod(name, address, service, node="node-1"):
    return json.dumps({"t": 1767571200, "op": "add", "kind": "pod", "name": name,
                       "namespace": "shop", "ips": [address], "labels": {"name": service},
                       "owner": f"Deployment/{service}", "node": node}) + "\n"


ENTITIES = pod("user-1", POD_A, "user") + pod("user-db-1", POD_B, SENSITIVE)


class Captures(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("entities.jsonl", ENTITIES)
        cls.packet = pcap_packet(udp_frame(POD_A, POD_B))

    def flows(self, content):
        self.write("bad.pcap", content)
        return self.call("flows", "--json", "bad.pcap")

    def features(self, capture):
        return self.call("features", capture, "--entities", "entities.jsonl", "--sensitive",
                         SENSITIVE)

    def test_a_missing_file_is_named(self):
        answer = self.call("flows", "none.pcap")
        self.expect(answer, DATA, "none.pcap: error: cannot open the capture: No such file",
                    "  hint: ")
        self.assertEqual(answer.stdout, "")

    def test_a_folder_without_captures_is_said_to_be_one(self):
        folder = self.folder / "letters"
        folder.mkdir()
        self.expect(self.call("flows", "letters"), DATA,
                    "letters: error: there is no capture in this folder", "  hint: ")
        (folder / "letter.txt").write_text("Dear Sir or Madam")
        answer = self.call("flows", "letters")
        self.expect(answer, DATA, "letters/letter.txt: warning: is no capture and is left out",
                    "letters: error: there is no capture in this folder")
        self.assertEqual(answer.stdout, "")

    def test_what_else_lies_in_a_folder_is_named_and_left_out(self):
        folder = self.folder / "rotated"
        (folder / "below").mkdir(parents=True)
        (folder / "a.pcap").write_bytes(pcap_header() + self.packet)
        (folder / "b.txt").write_text("Dear Sir or Madam")
        (folder / "c.pcap").write_bytes(pcap_header() + self.packet * 2)
        (folder / "below" / "d.pcap").write_bytes(pcap_header() + self.packet * 4)
        answer = self.call("flows", "--json", "rotated")
        self.expect(answer, OK, "rotated/b.txt: warning: is no capture and is left out",
                    "received 3 = counted 3 ")
        self.assertEqual(answer.stderr.count("warning: "), 1)

    def test_a_damaged_capture_among_others_is_named_and_the_others_are_read(self):
        folder = self.folder / "damaged"
        folder.mkdir()
        for i, tail in enumerate([b"", self.packet[:-1], b""]):
            packet = pcap_packet(udp_frame(POD_A, POD_B), 1767571200 + i)
            (folder / f"{i}.pcap").write_bytes(pcap_header() + packet * 3 + tail)
        for workers in [1, 3]:
            answer = self.call("flows", "damaged", "--workers", workers)
            self.expect(answer, DATA, "damaged/1.pcap: error: the capture ends inside the packet",
                        "received 9 = counted 9 ")
            self.assertEqual(answer.stderr.count("error: "), 1)

    def test_a_capture_given_twice_is_named(self):
        self.write("twice.pcap", pcap_header() + self.packet)
        link = self.folder / "link.pcap"
        link.symlink_to("twice.pcap")
        for words in [["twice.pcap"], ["./twice.pcap"], ["link.pcap"], ["."]]:
            with self.subTest(words):
                answer = self.call("flows", "twice.pcap", *words)
                self.expect(answer, USAGE, "error: is given twice", "  hint: ")
                self.assertEqual(answer.stdout, "")
        link.unlink()
        self.expect(self.call("flows", "-", "-"), USAGE, "standard input: error: is given twice")

    def test_standard_input_that_holds_nothing_is_said_to_be_empty(self):
        self.expect(self.call("flows", "-"), DATA, "standard input: error: the file is empty")

    def test_an_empty_file_is_said_to_be_empty(self):
        answer = self.flows(b"")
        self.expect(answer, DATA, "bad.pcap: error: the file is empty", "  hint: ")
        self.assertEqual(answer.stdout, "")

    def test_a_capture_without_packets_is_well(self):
        answer = self.flows(pcap_header())
        self.expect(answer, OK, "received 0 = counted 0 + dropped 0  (balances)")
        self.assertEqual(json.loads(answer.stdout)["flows"], 0)

    def test_a_header_that_is_cut_is_no_capture(self):
        self.expect(self.flows(pcap_header()[:20]), DATA,
                    "bad.pcap: error: the capture ends inside its ", "file header", "  hint: ")

    def test_what_stands_before_a_cut_packet_is_counted(self):
        answer = self.flows(pcap_header() + self.packet * 3 + self.packet[:-1])
        place = len(pcap_header() + self.packet * 3)
        self.expect(answer, DATA,
                    f"bad.pcap: error: the capture ends inside the packet at byte {place}",
                    "  hint: everything before that byte was read", "received 3 = counted 3")
        self.assertEqual(json.loads(answer.stdout)["ledger"]["packets"]["counted"], 3)

    def test_what_stands_before_a_cut_packet_is_analysed(self):
        self.write("cut.pcap", pcap_header() + self.packet * 3 + self.packet[:-1])
        answer = self.features("cut.pcap")
        self.expect(answer, DATA, "cut.pcap: error: the capture ends inside the packet")
        self.assertGreater(len(answer.stdout.splitlines()), 1)

    def test_a_good_capture_is_read_although_another_is_bad(self):
        self.write("good.pcap", pcap_header() + self.packet)
        answer = self.call("flows", "--json", "none.pcap", "good.pcap")
        self.expect(answer, DATA, "none.pcap: error: ")
        self.assertEqual(json.loads(answer.stdout)["flows"], 1)

    def test_garbage_is_no_capture(self):
        answer = self.flows(b"Dear Sir or Madam, this is a letter, not a capture.")
        self.expect(answer, DATA, "bad.pcap: error: not a capture: it begins with 0x", "  hint: ")
        self.assertEqual(answer.stdout, "")

    def test_an_unknown_link_type_is_told_by_its_number(self):
        answer = self.flows(pcap_header(link_type=147) + self.packet)
        self.expect(answer, DATA, "bad.pcap: error: link type 147 is not supported",
                    "  hint: supported are Ethernet (1)")

    def test_a_capture_of_strangers_says_what_was_seen(self):
        self.write("strangers.pcap", pcap_header()
                   + pcap_packet(udp_frame("203.0.113.1", "203.0.113.2")) * 2)
        answer = self.features("strangers.pcap")
        self.expect(answer, DATA, "strangers.pcap: error: no packet of this capture is of a known "
                    "pod: 2 packets in 1 windows", "  hint: are these the entities of the cluster")


class Entities(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("run.pcap", pcap_header() + pcap_packet(udp_frame(POD_A, POD_B)))

    def features(self, entities):
        self.write("entities.jsonl", entities)
        return self.call("features", "run.pcap", "--entities", "entities.jsonl", "--sensitive",
                         SENSITIVE)

    def test_a_line_that_is_not_json_is_named(self):
        answer = self.features(ENTITIES + "not JSON\n" + ENTITIES)
        self.expect(answer, DATA, "entities.jsonl:3:", "error: not JSON")
        self.assertEqual(answer.stdout, "")

    def test_an_address_of_two_pods_at_once_is_a_warning_with_both_names(self):
        # On another node: two pods of one node may share its address.
        answer = self.features(ENTITIES + pod("carts-1", POD_A, "carts", node="node-2"))
        self.expect(answer, OK, "entities.jsonl:3: warning: 10.244.0.2 is claimed by ", "carts-1 ",
                    "while ", "user-1 ", '  hint: the later claim holds from then on')
        self.assertGreater(len(answer.stdout.splitlines()), 1)

    def test_an_empty_list_names_nobody(self):
        self.expect(self.features(""), DATA, "entities.jsonl: error: ", "names no entity")

    def test_a_sensitive_service_that_is_not_there_is_named(self):
        answer = self.call("features", "run.pcap", "--entities",
                           self.write("good.jsonl", ENTITIES), "--sensitive", "vault")
        self.assertNotEqual(answer.returncode, OK)
        self.assertIn("vault", answer.stderr)


class Configurations(MimirCase):
    def test_every_error_is_reported_at_its_place(self):
        self.write("bad.yaml", "dataplane:\n  rx_descriptors: 99999\n  base_windw: 10s\n"
                   "model:\n  observation: sideways\n")
        for command in ["check", "run"]:
            with self.subTest(command):
                answer = self.call(command, "--config", "bad.yaml")
                self.expect(answer, USAGE,
                            "bad.yaml:2:19: error: dataplane.rx_descriptors: 99999 is out of range",
                            "bad.yaml:3:3: error: dataplane: unknown key `base_windw`",
                            "hint: did you mean `base_window`?",
                            "bad.yaml:5:16: error: model.observation: `sideways`")
                self.assertEqual(answer.stderr.count("error: "), 3)
                self.assertEqual(answer.stdout, "")


class WithModel(MimirCase):
    """What needs a trained model to be wrong about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.model = (cls.folder / "shop.mimir").read_bytes()
        cls.entities = "benign/entities.jsonl"

    def refused(self, content, *said):
        self.write("bad.mimir", content)
        for words in [["inspect", "bad.mimir"],
                      ["score", "--model", "bad.mimir", "--entities", self.entities,
                       "benign/capture.pcap"]]:
            with self.subTest(words[0]):
                answer = self.call(*words)
                self.expect(answer, DATA, "bad.mimir:1: error: ", *said)
                self.assertEqual(answer.stdout, "")
        config = self.configure("bad.yaml", self.entities, model="bad.mimir")
        self.expect(self.call("check", "--config", config), USAGE, "bad.mimir:1: error: ", *said)

    def test_a_model_of_another_version_is_refused(self):
        self.refused(self.model.replace(b"mimir-model 4", b"mimir-model 99", 1),
                     "model format version `99`", "this program reads version 4", "hint: ")

    def test_a_model_with_a_flipped_byte_is_refused(self):
        altered = bytearray(self.model)
        altered[len(altered) // 2] ^= 1
        self.refused(bytes(altered), "checksum mismatch: the model file was altered", "hint: ")

    def test_a_model_that_is_cut_is_refused(self):
        self.refused(self.model[: len(self.model) // 3], "truncated model file", "hint: ")

    def test_a_capture_in_place_of_a_model_is_refused(self):
        self.refused(pcap_header(), "not a model file", "hint: ")

    def test_a_port_that_does_not_exist_is_3_with_a_hint(self):
        for device in ["net_af_packet0,iface=nosuch0", "0000:ff:00.0"]:
            with self.subTest(device):
                config = self.configure("port.yaml", self.entities, device)
                answer = self.call("run", "--config", config)
                self.skip_unless_dpdk(answer)
                self.expect(answer, MACHINE, f"error: port {device} does not exist",
                            "  hint: ", "ip link")

    def test_a_replay_that_is_not_there_is_named_before_anything_starts(self):
        config = self.configure("replay.yaml", self.entities)
        answer = self.call("run", "--config", config, "--stay")
        self.expect(answer, USAGE, "--stay shows the dashboard of a replay",
                    "hint: give --replay CAPTURE")
        answer = self.call("run", "--config", config, "--replay", "none.pcap")
        self.expect(answer, USAGE, "none.pcap: error: cannot open the capture: No such file",
                    "  hint: ")
        self.assertNotIn("listening", answer.stderr)

    def test_a_damaged_file_of_a_replayed_folder_is_named_and_the_others_are_replayed(self):
        folder = self.folder / "replayed"
        folder.mkdir()
        for i, tail in enumerate([b"", b"\0" * 5, b""]):
            packet = pcap_packet(udp_frame(POD_A, POD_B), 1767571200 + i)
            (folder / f"{i}.pcap").write_bytes(pcap_header() + packet * 3 + tail)
        config = self.configure("replay.yaml", self.entities)
        answer = self.call("run", "--config", config, "--replay", "replayed")
        self.skip_unless_dpdk(answer)
        self.expect(answer, DATA, "replayed/1.pcap: error: the capture ends at byte ",
                    "received 9 = ")
        self.assertEqual(answer.stderr.count("error: "), 1)

    def unprivileged(self, config, environment=()):
        """`mimir run` as a user without any right, killed if it runs after all."""
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        if shutil.which("setpriv") is None:
            self.skipTest("there is no setpriv")
        path = self.write("mimir", b"")
        shutil.copy(self.mimir_path, path)
        for name in [path, self.folder, self.folder / "shop.mimir", self.folder / self.entities,
                     (self.folder / self.entities).parent, self.folder / config]:
            name.chmod(name.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
        real, type(self).mimir_path = self.mimir_path, str(path)
        try:
            return self.call("run", "--config", config,
                             before=["env", *environment, "setpriv", "--reuid", "65534", "--regid",
                                     "65534", "--clear-groups", "timeout", "20"])
        finally:
            type(self).mimir_path = real

    def test_a_user_without_rights_is_told_of_the_port_they_may_not_open(self):
        config = self.configure("user.yaml", self.entities, "net_af_packet0,iface=lo",
                                prefix=own_prefix("-user"))
        self.expect(self.unprivileged(config), MACHINE, "error: port net_af_packet0,iface=lo",
                    "hint: capturing needs root or CAP_NET_RAW")

    def test_a_user_without_a_runtime_folder_is_told_that_dpdk_needs_permission(self):
        config = self.configure("user.yaml", self.entities, prefix=own_prefix("-user2"))
        closed = self.folder / "closed"
        closed.mkdir(mode=0o700, exist_ok=True)
        answer = self.unprivileged(config, [f"XDG_RUNTIME_DIR={closed}"])
        self.expect(answer, MACHINE, "error: no permission for DPDK", "  hint: run as root")

    def test_the_second_appliance_on_one_prefix_is_refused(self):
        prefix = own_prefix("-two")
        config = self.configure("two.yaml", self.entities, prefix=prefix)
        with Appliance(self, config) as first:
            if not first.wait_until_listening():
                if os.geteuid() != 0:
                    self.skipTest(f"DPDK cannot start here: {first.stderr.strip()}")
                self.fail(first.stderr)
            second = self.call("run", "--config", config)
            self.expect(second, MACHINE, "error: another process already runs on the DPDK file "
                        f"prefix `{prefix}`", "hint: stop it, or give this one its own "
                        "dataplane.file_prefix")
            self.assertEqual(second.stdout, "")
            self.assertEqual(first.end(), OK, first.stderr)
        self.assertEqual(first.stderr.count("(balances)"), 2, first.stderr)


if __name__ == "__main__":
    main()
