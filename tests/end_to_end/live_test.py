#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The appliance on a real interface: one end of a veth pair, while tcpreplay sends a theft
into the other at the speed at which it happened.

What is counted is exact: every packet sent is counted, and both ledgers balance.

What is judged depends on when packets arrive. The replay begins at a multiple of 10 s of the
clock, as the capture does, so that window N of the one is window N of the other, but for the
packets near an edge. Tolerance: the first and last window of the theft, where less of it
may lie in the window, are not compared; of those between, each must be an alert with the
path that `mimir score` names for it. A window without a packet of the theft, its neighbours
left out, must be no alert if its score in the file is SURE or more below the threshold.
"""

import datetime
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

from mimir_case import (OK, PATH, PATIENCE_S, USAGE, Appliance, MimirCase, json_lines, main,
                        pcap_header, pcap_packet, udp_frame)
from output_test import StreamPeer, until, without_repetitions

WINDOW_S = 10
THEFT = range(20, 60)  # seconds of the replay
ATTACK = ["--users", "8", "--duration", "70s", "--seed", "3", "--attack",
          "exfil:path=user-db>user>outside,rate=1MB/min,"
          f"start={THEFT.start},duration={len(THEFT)}"]
CAPTURE_START_S = 1767571200  # 2026-01-05, midnight
SURE = 0.1
OFFLOADS = ["rx", "tx", "sg", "tso", "gso", "gro"]
# Nearer to the next boundary than this, the one behind it is waited for.
NOTICE_S = 0.2


def missing_tools():
    return [tool for tool in ["ip", "ethtool", "tcpreplay"] if shutil.which(tool) is None]


def call(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def seconds_of(timestamp):
    return datetime.datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def judged(said):
    """The windows as the appliance logs them: begin, granularity, and the path of an alarm."""
    found = re.findall(r"window (\S+) +(\d+) s  score \S+ .*?(?:  ALERT (.*))?$", said,
                       re.MULTILINE)
    return [{"begin": begin, "granularity_s": int(granularity_s), "alert": bool(path),
             "path": path.split(" -> ")} for begin, granularity_s, path in found]


def by_window(windows, start_s):
    """The path of each 10-s alarm, by the number of its window since the start."""
    paths = {}
    for window in windows:
        if window["granularity_s"] == WINDOW_S and window["alert"]:
            number = int(seconds_of(window["begin"]) - start_s) // WINDOW_S
            paths[number] = window["path"]
    return paths


class Live(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can make a veth pair")
        if missing_tools():
            raise unittest.SkipTest(f"not installed: {', '.join(missing_tools())}")
        cls.near, cls.far = (f"mim{os.getpid() % 1000000}{end}" for end in "ab")
        made = call("ip", "link", "add", cls.near, "type", "veth", "peer", "name", cls.far)
        if made.returncode != 0:
            raise unittest.SkipTest(f"no veth pair can be made: {made.stderr.strip()}")
        cls.addClassCleanup(call, "ip", "link", "delete", cls.near)
        for end in [cls.near, cls.far]:
            cls.quieten(end)
        cls.train()
        cls.simulate("theft", *ATTACK)

    @classmethod
    def quieten(cls, interface):
        """The kernel says nothing of its own on it, and segments stay as they are sent."""
        no_ipv6 = pathlib.Path(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6")
        if no_ipv6.exists():
            no_ipv6.write_text("1", encoding="ascii")
        for offload in OFFLOADS:
            call("ethtool", "-K", interface, offload, "off")
        up = call("ip", "link", "set", interface, "up")
        if up.returncode != 0:
            raise AssertionError(up.stderr)

    def replay_at_a_boundary(self):
        """Sends the capture in real time; what second since 1970 it began, and how many."""
        start_s = (int(time.time() + NOTICE_S) // WINDOW_S + 1) * WINDOW_S
        time.sleep(start_s - time.time())
        sent = call("tcpreplay", "--preload-pcap", "--intf1", self.near,
                    str(self.folder / "theft" / "capture.pcap"))
        self.assertEqual(sent.returncode, 0, sent.stderr)
        return start_s, int(re.search(r"^Actual: (\d+) packets", sent.stdout, re.MULTILINE)[1])

    def test_a_replayed_theft_is_counted_to_the_packet_and_found(self):
        config = self.configure("live.yaml", "theft/entities.jsonl",
                                f"net_af_packet0,iface={self.far}", alerts="live.jsonl")
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
            start_s, sent = self.replay_at_a_boundary()
            self.assertEqual(appliance.end(), OK, appliance.stderr)
        self.check_books(appliance.stderr, sent)
        self.check_windows(start_s, appliance.stderr)
        self.check_incidents()

    def send(self, name, rate):
        """Sends a capture at `rate` packets a second; how many it has."""
        sent = call("tcpreplay", "--preload-pcap", "--pps", str(rate), "--intf1", self.near,
                    str(self.folder / name))
        self.assertEqual(sent.returncode, 0, sent.stderr)
        return int(re.search(r"^Actual: (\d+) packets", sent.stdout, re.MULTILINE)[1])

    def test_two_queues_outlive_a_lost_link(self):
        """Both queues count, before the link is lost and after it is back."""
        frames = [udp_frame(f"10.0.{i // 200}.{i % 200 + 1}", "10.1.0.1", b"x" * (i % 700))
                  for i in range(2000)]
        self.write("many.pcap", pcap_header() + b"".join(pcap_packet(f) for f in frames))
        config = self.configure("queues.yaml", "theft/entities.jsonl",
                                f"net_af_packet0,iface={self.far},qpairs=2", queues=2)
        text = (self.folder / config).read_text(encoding="utf-8")
        self.write(config, text.replace("  huge_pages:",
                                        "  duplicate_distance: 2ms\n  huge_pages:"))
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
            sent = self.send("many.pcap", 4000)
            call("ip", "link", "set", self.near, "down")
            self.assertTrue(appliance.wait_until_said("lost its link"), appliance.stderr)
            call("ip", "link", "set", self.near, "up")
            self.assertTrue(appliance.wait_until_said("has its link"), appliance.stderr)
            sent += self.send("many.pcap", 4000)
            self.assertEqual(appliance.end(), OK, appliance.stderr)
        self.assertEqual(sent, 2 * len(frames))
        said = appliance.stderr
        self.assertRegex(said, rf"(?m)^packets  received {sent} = counted {sent} \+ dropped 0 ")
        self.assertIn("  its link was lost 1 times\n", said)
        self.assertIn("2 x 1024 descriptors, spread as its driver does", said)
        self.assertIn("packets have the worker's time", said)
        for once in ["offers no hash", "copies of a packet that come on different queues"]:
            self.assertEqual(said.count(once), 1, said)

    def test_evidence_is_the_flows_own_packets(self):
        frames = [udp_frame(f"10.0.0.{i % 20 + 1}", "10.1.0.1", b"%d" % i) for i in range(400)]
        self.write("some.pcap", pcap_header() + b"".join(pcap_packet(f) for f in frames))
        config = self.configure("evidence.yaml", "theft/entities.jsonl",
                                f"net_af_packet0,iface={self.far}",
                                more="control: {socket: control.sock}\n")
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
            self.expect(self.call("ctl", "--config", config, "capture", "-o", "x.pcap"), USAGE)
            fetch = subprocess.Popen(
                [self.mimir_path, "ctl", "--config", config, "capture", "--address", "10.0.0.3",
                 "--protocol", "udp", "--packets", "15", "-o", "evidence.pcap"],
                cwd=self.folder, stdout=subprocess.PIPE, text=True)
            self.assertTrue(appliance.wait_until_said("evidence: packets are tapped"),
                            appliance.stderr)
            sent = self.send("some.pcap", 2000)
            said, _ = fetch.communicate(timeout=PATIENCE_S)
            self.assertEqual((fetch.returncode, appliance.end()), (OK, OK), appliance.stderr)
        self.check_books(appliance.stderr, sent)
        wanted = [frame for frame in frames if frame[26:30] == bytes([10, 0, 0, 3])]
        self.assertEqual(len(wanted), 20)
        # It is taken away some time after the first that finds it full.
        self.assertRegex(said, r"^evidence.pcap: 15 packets, [1-5] more were beyond the limits$")
        data = (self.folder / "evidence.pcap").read_bytes()[24:]
        kept = []
        while data:
            length = int.from_bytes(data[8:12], "little")
            kept.append(data[16:16 + length])
            data = data[16 + length:]
        self.assertEqual(kept, wanted[:15])

    def test_the_next_life_tells_what_a_kill_under_load_left_and_what_nobody_saw(self):
        sink = self.folder / "killed.sock"
        config = self.configure(
            "killed.yaml", "theft/entities.jsonl", f"net_af_packet0,iface={self.far}",
            alerts="killed.jsonl", more="  history: killed.sqlite\n  spool: killed-spool\n"
            f"  sinks: [{{name: siem, to: \"unix://{sink}\"}}]\n")
        # Some twenty times as fast as it happened, again and again.
        load = subprocess.Popen(
            ["tcpreplay", "--preload-pcap", "--loop", "0", "--multiplier", "20", "--intf1",
             self.near, str(self.folder / "theft" / "capture.pcap")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(load.wait)
        self.addCleanup(load.kill)

        def acknowledged():
            return [line for segment in sorted((self.folder / "killed-spool").rglob("*.jsonl"))
                    for line in segment.read_text(encoding="utf-8").split("\n")[:-1]]
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
            self.assertTrue(until(acknowledged))
            appliance.process.send_signal(signal.SIGKILL)
            killed = time.monotonic()
        lines = acknowledged()
        time.sleep(WINDOW_S)
        restarted = time.monotonic()
        with Appliance(self, config) as again:
            self.assertTrue(again.wait_until_listening(), again.stderr)
            print(f"\nlistens again {time.monotonic() - restarted:.2f} s after its start")
            self.assertTrue(again.wait_until_said("nobody watched for"), again.stderr)
            unwatched_s = int(re.search(r"nobody watched for (\d+) s", again.stderr)[1])
            # What was counted of a window that nobody came to judge is part of it.
            self.assertGreaterEqual(unwatched_s, int(restarted - killed))
            self.assertLessEqual(unwatched_s, time.monotonic() - killed + 2 * WINDOW_S)
            peer = StreamPeer(socket.AF_UNIX, str(sink))
            self.assertTrue(until(lambda: set(lines) <= set(peer.whole_lines())), again.stderr)
            load.send_signal(signal.SIGKILL)
            self.assertEqual(again.end(), OK, again.stderr)
        self.assertEqual(without_repetitions(peer.whole_lines())[:len(lines)], lines)
        self.assertEqual(again.stderr.count("(balances)"), 2, again.stderr)

    def check_books(self, said, sent):
        packets = re.search(r"^packets  received (\d+) = counted (\d+) \+ dropped (\d+)", said,
                            re.MULTILINE)
        received, counted, dropped = map(int, packets.groups())
        port = re.search(r"^port 0   received (\d+), missed (\d+), errors (\d+), no buffer (\d+)",
                         said, re.MULTILINE)
        left = re.search(r"^queues   (\d+) packets were left unread", said, re.MULTILINE)
        left = int(left[1]) if left else 0
        self.assertEqual(said.count("(balances)"), 2, said)
        self.assertEqual((counted, dropped), (sent, 0), said)
        self.assertEqual(int(port[1]), received + left, said)
        self.assertEqual([int(port[i]) for i in (2, 3, 4)], [0, 0, 0], said)
        # Every packet is in a window that was judged, the last one cut by the end.
        judged = re.findall(r"window \S+ 10 s .*?(\d+) packets", said)
        self.assertEqual(sum(map(int, judged)), counted, said)

    def check_incidents(self):
        """Every alarm of that path is one incident, which the end of the run closes."""
        told = [line["mimir"]["incident"] for line in
                json_lines((self.folder / "live.jsonl").read_text())
                if line["mimir"].get("path") == PATH]
        self.assertEqual([told[0]["state"], told[-1]["state"]], ["open", "closed"])
        self.assertEqual(len({incident["id"] for incident in told}), 1)
        self.assertGreaterEqual(told[-1]["count"], len(THEFT) // WINDOW_S - 2)

    def check_windows(self, start_s, said):
        words = ["score", "theft/capture.pcap", "--model", "shop.mimir", "--entities",
                 "theft/entities.jsonl", "--windows"]
        windows = json_lines(self.must(*words))
        from_file = by_window(windows, CAPTURE_START_S)
        live = by_window(judged(said), start_s)
        inner = range(THEFT.start // WINDOW_S + 1, THEFT.stop // WINDOW_S - 1)
        for number in inner:
            with self.subTest(window=number):
                self.assertEqual(from_file.get(number), PATH)
                self.assertEqual(live.get(number), from_file[number])
        for window in windows:
            number = int(seconds_of(window["begin"]) - CAPTURE_START_S) // WINDOW_S
            is_far = number not in range(inner.start - 2, inner.stop + 2)
            if (window["granularity_s"] == WINDOW_S and is_far
                    and window["score"] < window["threshold"] - SURE):
                with self.subTest(quiet_window=number):
                    self.assertNotIn(number, live)


if __name__ == "__main__":
    main()
