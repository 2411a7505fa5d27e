#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether tools/compare reads what the meters print, and lets none win by dropping. The outputs
are those of the versions that Debian 12 has, shortened.

usage: meters_test.py FOLDER-OF-COMPARE
"""

import os
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))
import capture
import measure
import meters
import report

TRUE_FLOWS = {meters.BOTH_WAYS: 10, meters.ONE_WAY: 20, meters.ADDRESS_PAIR: 10}


def meter_named(name):
    return next(meter for meter in meters.METERS if meter.name == name)


class ReadTest(unittest.TestCase):
    def test_mimir_adds_both_directions_and_agrees_with_its_ledger(self):
        rows = "src,packets,reply_packets\n10.0.0.1,166,144\n10.0.0.2,3,0\n"
        self.assertEqual(meters.read_mimir(rows, "received 313 = counted 313 + dropped 0", ""),
                         (313, 2))
        with self.assertRaises(ValueError):
            meters.read_mimir(rows, "received 314 = counted 314 + dropped 0", "")

    def test_tcpdump_says_packets_but_no_flows(self):
        self.assertEqual(meters.read_tcpdump(
            "3000000 packets\n", "reading from file 7 packets.pcap, snapshot length 65535\n", ""),
            (3000000, None))

    def test_softflowd_that_ended_flows_for_lack_of_room_is_refused(self):
        text = "Packets processed: 3000000\nFragments: 0\nFlows expired: 10000 ({} forced)\n"
        self.assertEqual(meters.read_softflowd(text.format(0), "", ""), (3000000, 10000))
        with self.assertRaises(ValueError):
            meters.read_softflowd(text.format(1808), "", "")

    def test_nfdump_totals_are_not_those_of_a_protocol(self):
        text = "Ident: none\nFlows: 20000\nFlows_tcp: 10000\nPackets: 30\nPackets_tcp: 15\n"
        self.assertEqual(meters.read_nfdump(text, "", ""), (30, 20000))

    def test_argus_records_of_management_are_no_flows(self):
        text = "Proto TotPkts\n   man       0\n   tcp     300\n   udp      17\n"
        self.assertEqual(meters.read_argus(text.split("\n", 1)[1], "", ""), (317, 2))

    def test_pmacctd_is_read_from_its_file_and_may_have_written_none(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(ValueError):
                meters.read_pmacctd("", "", folder)
            with open(os.path.join(folder, "flows.csv"), "w", encoding="utf-8") as file:
                file.write("SRC_IP,DST_IP,PROTOCOL,PACKETS,BYTES\na,b,tcp,166,58\na,c,udp,4,9\n")
            self.assertEqual(meters.read_pmacctd("", "", folder), (170, 2))

    def test_ndpi_reader_counts_what_it_processed(self):
        text = ("\tIP packets:            2999990       of 3000000 packets total\n"
                "\tUnique flows:          10000        \n")
        self.assertEqual(meters.read_ndpi(text, "", ""), (2999990, 10000))

    def test_tshark_totals_are_the_third_pair_of_columns(self):
        text = ("10.99.54.68          <-> 172.24.204.123             4 1694 bytes       3 12 kB"
                "       7 13 kB     0.000491000         0.0080\n")
        self.assertEqual(meters.read_tshark(2 * text, "", ""), (14, 2))


class FaultsTest(unittest.TestCase):
    def faults(self, name, packets, flows, given=100, true_flows=None):
        return meters.faults(meter_named(name), meters.Counts(packets, flows), given, true_flows)

    def test_of_a_made_capture_every_packet_and_flow_is_due(self):
        self.assertEqual(self.faults("nfpcapd", 100, 20, 100, TRUE_FLOWS), [])
        self.assertEqual(len(self.faults("nfpcapd", 99, 19, 100, TRUE_FLOWS)), 2)
        self.assertEqual(len(self.faults("softflowd", 100, 20, 100, TRUE_FLOWS)), 1)
        self.assertEqual(self.faults("tcpdump --count", 100, None, 100, TRUE_FLOWS), [])

    def test_of_a_head_the_flows_are_not_known(self):
        self.assertEqual(self.faults("tshark conv,ip", 100, 3, 100, TRUE_FLOWS), [])

    def test_of_any_other_capture_one_packet_in_a_hundred_may_lack_and_none_be_new(self):
        self.assertEqual(self.faults("argus", 99, 7), [])
        self.assertEqual(len(self.faults("argus", 98, 7)), 1)
        self.assertEqual(len(self.faults("argus", 101, 7)), 1)
        self.assertEqual(len(self.faults("argus", None, 7)), 1)


class CaptureTest(unittest.TestCase):
    def test_a_made_capture_has_its_packets_flows_and_right_checksums(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "made.pcap")
            capture.write(path, 3000, 10)
            with open(path, "rb") as file:
                data = file.read()
        at, packets, one_way = 24, 0, set()
        while at < len(data):
            size = struct.unpack_from("<I", data, at + 8)[0]
            frame = data[at + 16:at + 16 + size]
            self.assertEqual(sum(struct.unpack("!10H", frame[14:34])) % 0xffff, 0)
            one_way.add(frame[23:24] + frame[26:38])
            packets += 1
            at += 16 + size
        self.assertEqual((at, packets, len(one_way)), (len(data), 3000, 20))


class MeasureTest(unittest.TestCase):
    def run_script(self, script):
        return measure.run(["sh", "-c", script], subprocess.DEVNULL, subprocess.DEVNULL, 60)

    def test_the_time_of_a_child_left_behind_counts(self):
        burn = f"{sys.executable} -c 'import time\nwhile time.process_time() < 0.3: pass'"
        self.assertGreater(self.run_script(f"({burn}) & exit 3").cpu_seconds, 0.25)
        self.assertEqual(self.run_script("exit 3").exit_code, 3)

    def test_what_does_not_exist_or_end_is_an_error(self):
        with self.assertRaises(OSError):
            measure.run(["/nonexistent"], subprocess.DEVNULL, subprocess.DEVNULL, 60)
        with self.assertRaises(measure.TooLong):
            measure.run(["sleep", "60"], subprocess.DEVNULL, subprocess.DEVNULL, 0.2)


class TableTest(unittest.TestCase):
    def test_who_failed_is_last_with_the_reason_and_without_a_ratio(self):
        right = {"name": "mimir flows", "version": "1.0", "error": "", "flows": 10,
                 "packets": 100, "packets_per_cpu_second": 3e6, "rate_min": 2e6, "rate_max": 4e6,
                 "wall_seconds": 1.0, "peak_bytes": 1 << 20, "flow_is": meters.BOTH_WAYS,
                 "writes": "totals"}
        slow = {**right, "name": "argus", "packets_per_cpu_second": 1e6}
        wrong = {**right, "name": "pmacctd", "packets_per_cpu_second": 9e6,
                 "error": "counted 99 of 100 packets"}
        lines = report.table([wrong, slow, right], "mimir flows")
        self.assertEqual([line.split()[0] for line in lines[1:]], ["mimir", "argus", "pmacctd"])
        self.assertIn("3.0 x", lines[2])
        self.assertIn("failed: counted 99 of 100 packets", lines[3])
        self.assertNotIn(" x ", lines[3])


if __name__ == "__main__":
    unittest.main()
