#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `mimir doctor` says of captures that were spoilt here in one way each, by Python, which
knows how much it took away; and of a running appliance and its machine."""

import json
import re
import struct

from mimir_case import (DATA, MACHINE, OK, USAGE, Appliance, MimirCase, main, own_prefix)

TCP = 6
ACK, RESET = 0x10, 0x04
PACKETS_LEAST = 4
WINDOW_S = 10


class Packet:
    """A record of a classic capture, and what of it a TCP mirror is judged by."""

    def __init__(self, record):
        self.record = record
        seconds, nanos, _, self.wire_bytes = struct.unpack_from("<IIII", record)
        self.time = seconds + nanos / 1e9
        frame = record[16:]
        self.is_tcp = frame[12:14] == b"\x08\x00" and frame[23] == TCP
        if not self.is_tcp:
            return
        header = 14 + 4 * (frame[14] & 15)
        ports = struct.unpack_from(">HH", frame, header)
        self.ends = (frame[26:30], ports[0]), (frame[30:34], ports[1])
        self.flags = frame[header + 13]
        ip_bytes = struct.unpack_from(">H", frame, 16)[0]
        self.bytes = ip_bytes - (header - 14) - 4 * (frame[header + 12] >> 4)

    @property
    def flow(self):
        return frozenset(self.ends)


def read(path):
    whole, packets, at = path.read_bytes(), [], 24
    while at < len(whole):
        end = at + 16 + struct.unpack_from("<I", whole, at + 8)[0]
        packets.append(Packet(whole[at:end]))
        at = end
    return whole[:24], packets


class Doctor(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulate("run", "--users", "8", "--duration", "2min", "--seed", "5")
        cls.header, cls.packets = read(cls.folder / "run" / "capture.pcap")

    def examine(self, name, packets, code=OK):
        self.write(name, self.header + b"".join(one.record for one in packets))
        answer = self.call("doctor", "--json", name)
        self.expect(answer, code)
        said = json.loads(answer.stdout)
        return said, {one["name"]: one for one in said["findings"]}

    def conversations(self, packets):
        """(flow, window) of which a side of four packets takes part: how many, how many alone."""
        sides = {}
        for one in packets:
            if one.is_tcp:
                side = sides.setdefault((one.flow, int(one.time // WINDOW_S)), {}).setdefault(
                    one.ends[0], [0, False])
                side[0] += 1
                side[1] |= one.flags & (ACK | RESET | 0x02) == ACK
        told = [each for each in sides.values()
                if any(count >= PACKETS_LEAST and acks for count, acks in each.values())]
        return len(told), sum(len(each) == 1 for each in told)

    def test_a_whole_mirror_is_well(self):
        said, findings = self.examine("whole.pcap", self.packets)
        self.assertEqual(said["received"], len(self.packets))
        self.assertEqual(said["missing_bytes"], 0)
        self.assertEqual(said["tcp_conversations"], self.conversations(self.packets)[0])
        self.assertEqual({name for name, one in findings.items() if one["level"] != "well"}, set())
        self.assertIn("well     0.00 % of", self.must("doctor", "whole.pcap"))

    def test_one_direction_is_wrong(self):
        # Of every third conversation only what the higher end sends.
        flows = sorted({one.flow for one in self.packets if one.is_tcp}, key=lambda f: sorted(f))
        spoilt = set(flows[::3])
        packets = [one for one in self.packets if not (
            one.is_tcp and one.flow in spoilt and one.ends[0] == min(one.flow))]
        said, findings = self.examine("one_way.pcap", packets, DATA)
        told, alone = self.conversations(packets)
        self.assertEqual(said["tcp_conversations"], told)
        self.assertGreater(alone, 0)
        self.assertAlmostEqual(findings["one_way"]["ratio"], alone / told)
        self.assertEqual(findings["one_way"]["level"], "wrong")
        self.assertIn("one direction", findings["one_way"]["meaning"])
        self.assertIn("both directions", findings["one_way"]["hint"])

    def test_bytes_that_were_left_out_are_counted(self):
        # One packet with payload in fifty is left out, but none of a connection's last two.
        remaining = {}
        for one in self.packets:
            if one.is_tcp:
                remaining[one.flow] = remaining.get(one.flow, 0) + 1
        packets, left_out, number, seen = [], 0, 0, set()
        for one in self.packets:
            if one.is_tcp:
                remaining[one.flow] -= 1
                is_between = remaining[one.flow] > 1 and one.ends in seen
                seen.add(one.ends)
                number += one.bytes > 0
                if one.bytes > 0 and is_between and number % 50 == 0 and one.flags & 0x03 == 0:
                    left_out += one.bytes
                    continue
            packets.append(one)
        self.assertGreater(left_out, 10_000)
        said, findings = self.examine("lossy.pcap", packets, DATA)
        self.assertEqual(said["missing_bytes"], left_out)
        self.assertEqual(findings["missing"]["level"], "wrong")

    def test_copies_are_no_loss_and_no_second_conversation(self):
        packets = [copy for i, one in enumerate(self.packets)
                   for copy in ([one, one] if i % 4 == 0 else [one])]
        said, findings = self.examine("twice.pcap", packets)
        self.assertEqual(findings["duplicate"]["level"], "advice")
        copies = len(packets) - len(self.packets)
        self.assertAlmostEqual(findings["duplicate"]["ratio"], copies / len(packets), delta=0.002)
        self.assertEqual(said["missing_bytes"], 0)
        self.assertEqual(said["tcp_conversations"], self.conversations(self.packets)[0])

    def test_what_it_comes_in_is_named(self):
        outer = (b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00")
        packets = []
        for one in self.packets[:500]:
            inner = one.record[16:]
            udp = struct.pack(">HHHH", 5000, 4789, 16 + len(inner), 0) + b"\x08\0\0\0\0\0\x07\0"
            ip_bytes = 20 + len(udp) + len(inner)
            ip = (struct.pack(">BBHHHBBH", 0x45, 0, ip_bytes, 0, 0, 64, 17, 0)
                  + b"\x0a\0\0\1\x0a\0\0\2")
            frame = outer + ip + udp + inner
            packets.append(Packet(one.record[:8] + struct.pack("<II", len(frame), len(frame)) +
                                  frame))
        _, findings = self.examine("wrapped.pcap", packets)
        self.assertEqual(findings["wrapped"]["ratio"], 1)
        self.assertIn("100.00 % of the packets come in VXLAN", findings["wrapped"]["text"])

    def test_nothing_is_never_silent(self):
        _, findings = self.examine("empty.pcap", [], DATA)
        self.assertEqual(findings["received"]["text"], "no packet was received")
        self.expect(self.call("doctor", "none.pcap"), DATA, "No such file or directory")
        self.expect(self.call("doctor", "-"), USAGE, "a pipe cannot be read twice")
        self.expect(self.call("doctor", "--fix", "whole.pcap"), USAGE, "give --config")
        self.expect(self.call("doctor", "--socket", "none.sock"), MACHINE,
                    "nobody answers at none.sock")


class Live(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("run", "--users", "8", "--duration", "2min", "--seed", "5")

    def test_a_running_appliance_is_asked_and_its_machine_looked_at(self):
        config = self.configure("live.yaml", "run/entities.jsonl",
                                more="http: {listen: \"127.0.0.1:0\"}\n"
                                     "control: {socket: live.sock}\n")
        with Appliance(self, config, "--replay", "run/capture.pcap", "--stay") as appliance:
            if not appliance.wait_until_said("until Ctrl-C"):
                self.skip_unless_dpdk(self.call("run", "--config", config, "--replay",
                                                "run/capture.pcap"))
                self.fail(appliance.stderr)
            answer = self.call("doctor", "--socket", "live.sock", "--json")
            self.expect(answer, OK)
            said = json.loads(answer.stdout)
            levels = {one["name"]: one["level"] for one in said["findings"]}
            self.assertEqual(levels, {"missing": "unknown", "duplicate": "unknown",
                                      "lost_at_ports": "well", "one_way": "well",
                                      "mapped": "well"})
            file = json.loads(self.must("doctor", "run/capture.pcap", "--json"))
            for name in ["received", "counted", "tcp_conversations"]:
                self.assertEqual(said[name], file[name], name)

    def test_the_machine_is_told_with_what_arrives(self):
        config = self.configure("machine.yaml", "run/entities.jsonl",
                                device="net_af_packet0,iface=no-such0",
                                prefix=own_prefix("-machine"), more="control: {socket: no.sock}\n")
        checked = self.call("check", "--config", config, "--machine")
        examined = self.call("doctor", "--config", config, "run/capture.pcap")
        for answer in (checked, examined):
            self.expect(answer, MACHINE, "error: port no-such0: there is no such interface",
                        "hint: ip link shows those there are")
            self.assertRegex(answer.stdout, r"(?m)^memory +\d+\.\d MB  in sum; ")
        self.assertIn("well     0.00 % of", examined.stdout)
        self.assertEqual(re.findall(r"(?m)^memory .* flows$", checked.stdout),
                         re.findall(r"(?m)^memory .* flows$", examined.stdout))


if __name__ == "__main__":
    main()
