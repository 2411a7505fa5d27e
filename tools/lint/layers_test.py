#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants each fault that the lints are for, and what they must let pass."""

import os
import tempfile
import unittest

import headers
import hot_symbols
import layers
import style

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.txt")
CLEAN = "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"


def layer_faults(name, *includes):
    with open(TABLE, encoding="utf-8") as file:
        table = layers.Layers(file.read())
    return table.check(name, "".join(f"#include {include}\n" for include in includes))


class Direction(unittest.TestCase):
    def test_each_step_against_the_direction_is_a_fault(self):
        for name, header in [
                ("config/json.cc", "dataplane/record/time.h"),
                ("dataplane/record/time.h", "config/json.h"),
                ("dataplane/wire/dissect.cc", "dataplane/flow/flow_table.h"),
                ("dataplane/flow/flow_table.h", "dataplane/source/packet_source.h"),
                ("dataplane/source/port.cc", "dataplane/wire/dissect.h"),
                ("dataplane/worker.cc", "config/diagnostic.h"),
                ("dataplane/worker.cc", "model/window.h"),
                ("model/window.h", "dataplane/wire/dissect.h"),
                ("model/window.h", "config/json.h"),
                ("model/entity/entity_map.h", "model/graph/pod_graph.h"),
                ("model/entity/entity_map.h", "config/section.h"),
                ("model/graph/pod_graph.h", "model/invariant/registry.h"),
                ("model/invariant/registry.cc", "model/learn/train.h"),
                ("model/learn/train.cc", "model/graph/pod_graph.h"),
                ("model/analysis/analyzer.cc", "model/detector/exfiltration_path.h"),
                ("model/detector/exfiltration_path.cc", "controlplane/alert/alert.h"),
                ("controlplane/collector.cc", "dataplane/worker.h"),
                ("controlplane/collector.cc", "dataplane/dataplane_config.h"),
                ("controlplane/log.cc", "tools/command_line.h"),
                ("tools/simulator/tap.cc", "model/window.h"),
                ("tools/injector/policy.cc", "tools/simulator/tap.h"),
                ("tools/main.cc", "tests/frame.h")]:
            with self.subTest(f"{name} includes {header}"):
                self.assertEqual(1, len(layer_faults(name, f'"{header}"')))

    def test_each_step_with_the_direction_passes(self):
        for name, header in [
                ("dataplane/worker.cc", "dataplane/wire/dissect.h"),
                ("dataplane/dataplane_config.h", "config/section.h"),
                ("model/model_config.cc", "config/section.h"),
                ("model/analysis/analyzer.h", "model/learn/model.h"),
                ("controlplane/appliance_config.h", "dataplane/dataplane_config.h"),
                ("tools/main.cc", "dataplane/worker.h"),
                ("tests/model/graph/reduction_test.cc", "tools/simulator/tap.h")]:
            with self.subTest(f"{name} includes {header}"):
                self.assertEqual([], layer_faults(name, f'"{header}"'))

    def test_the_answer_reads_like_a_compilers(self):
        faults = layer_faults("config/json.cc", "<string>", '"controlplane/log.h"')
        self.assertEqual("config/json.cc:2: error: config/ may not include controlplane/log.h\n"
                         "  hint: only these may: controlplane/, tests/, tools/",
                         "\n".join(map(str, faults)))

    def test_an_include_is_written_from_the_top_of_the_tree(self):
        for header in ["json.h", "./config/json.h", "../config/json.h"]:
            self.assertEqual(1, len(layer_faults("config/json.cc", f'"{header}"')), header)

    def test_a_folder_without_a_room_is_a_fault(self):
        self.assertEqual(1, len(layer_faults("common/utils.h")))


class ThirdParties(unittest.TestCase):
    ADAPTERS = [("yaml-cpp/parser.h", "config/yaml_document.cc", "config/section.cc"),
                ("nlohmann/json.hpp", "config/json.cc", "config/json.h"),
                ("boost/lockfree/spsc_queue.hpp", "dataplane/record/record_ring.h",
                 "dataplane/record/time.h"),
                ("rte_mbuf.h", "dataplane/source/port.cc", "dataplane/worker.cc"),
                ("Eigen/Dense", "model/invariant/current_flow.cc", "tools/training.cc"),
                ("openssl/evp.h", "model/learn/digest.cc", "model/learn/model.cc"),
                ("spdlog/spdlog.h", "controlplane/log.cc", "controlplane/log.h"),
                ("CLI/CLI.hpp", "tools/command_line.cc", "tools/main.cc"),
                ("fmt/format.h", "tools/ledger_text.cc", "dataplane/dataplane_config.cc"),
                ("gtest/gtest.h", "tests/config/json_test.cc", "config/json.cc"),
                ("gmock/gmock.h", "tests/config/json_test.cc", "model/window.h")]

    def test_each_has_its_adapter_and_no_other(self):
        for header, adapter, other in self.ADAPTERS:
            with self.subTest(header):
                self.assertEqual([], layer_faults(adapter, f"<{header}>"))
                self.assertEqual(1, len(layer_faults(other, f"<{header}>")))


class Bans(unittest.TestCase):
    def test_the_packet_path_keeps_out_what_allocates_locks_throws_or_tells_the_time(self):
        for name in ["dataplane/record/time.h", "dataplane/wire/ip.h", "dataplane/worker.h",
                     "dataplane/flow/flow_table.h", "dataplane/worker.cc",
                     "dataplane/open_windows.h"]:
            for header in ["string", "map", "vector", "mutex", "functional", "iostream",
                           "sstream", "exception", "chrono", "thread"]:
                with self.subTest(f"{name} includes {header}"):
                    self.assertEqual(1, len(layer_faults(name, f"<{header}>")))

    def test_the_model_has_no_clock_thread_or_file(self):
        for header in ["chrono", "thread", "fstream", "mutex", "random"]:
            self.assertEqual(1, len(layer_faults("model/graph/pod_graph.cc", f"<{header}>")))

    def test_a_ban_is_for_the_header_of_that_name_alone(self):
        self.assertEqual([], layer_faults("dataplane/record/address.h", "<string_view>"))
        self.assertEqual([], layer_faults("dataplane/dataplane_config.h", "<string>"))


class Table(unittest.TestCase):
    def test_a_mistake_in_the_table_is_told_with_its_line(self):
        for line in ["room config/", "rom config/ : config/", "room a/ b/ : a/", "only : a/ b/"]:
            with self.assertRaisesRegex(ValueError, "layers.txt:2"):
                layers.Layers("# first\n" + line)


class Style(unittest.TestCase):
    def told(self, name, text):
        return [(fault.line, fault.message) for fault in style.check(name, text)]

    def test_a_clean_file_passes(self):
        self.assertEqual([], self.told("config/a.h", CLEAN))
        self.assertEqual([], self.told("tools/a.py", "#!/usr/bin/env python3\n"
                                       "# SPDX-License-Identifier: Apache-2.0\n"))

    def test_each_planted_fault_is_told_with_its_line(self):
        for body, message in [
                ("int a;\t// b\n", "a tab"),
                ("int a; \n", "the line ends in a space"),
                ("//" + "a" * 99 + "\n", "101 columns are more than 100"),
                ("// TODO: the rest\n", "unfinished work"),
                ("// FIXME\n", "unfinished work"),
                ("using namespace std;\n", "using namespace in a header"),
                ("std::shared_ptr<int> a;\n", "shared_ptr has no owner"),
                ("int a;", "the last line does not end")]:
            with self.subTest(message):
                self.assertEqual([(3, message)], self.told("config/a.h", CLEAN + body))

    def test_the_licence_is_the_first_line(self):
        self.assertEqual([(1, "the first line does not name the licence")],
                         self.told("config/a.cc", "\n// SPDX-License-Identifier: Apache-2.0\n"))

    def test_a_header_is_guarded(self):
        self.assertEqual([(1, "the header lacks #pragma once")],
                         self.told("config/a.h", CLEAN.replace("#pragma once\n", "")))

    def test_500_lines_pass_and_501_do_not(self):
        self.assertEqual([], self.told("config/a.h", CLEAN + "\n" * 498))
        self.assertEqual([(501, "501 lines are more than 500")],
                         self.told("config/a.h", CLEAN + "\n" * 499))
        script = "# SPDX-License-Identifier: Apache-2.0\n"
        self.assertEqual([], self.told("tests/a.py", script + "\n" * 499))
        self.assertEqual([(501, "501 lines are more than 500")],
                         self.told("tests/a.py", script + "\n" * 500))


class HotSymbols(unittest.TestCase):
    def test_a_call_that_may_wait_or_throw_is_told_with_its_object(self):
        for symbol in ["operator new(unsigned long)", "operator delete(void*, unsigned long)",
                       "malloc", "free", "__cxa_throw", "pthread_mutex_lock", "printf",
                       "clock_gettime", "std::__throw_length_error(char const*)"]:
            with self.subTest(symbol):
                told = list(hot_symbols.faults(f"\nworker.cc.o:\n                 U {symbol}\n"))
                self.assertEqual(1, len(told))
                self.assertIn(f"worker.cc.o: error: the packet path calls {symbol}", told[0])

    def test_our_own_functions_and_the_listed_ones_pass(self):
        self.assertEqual([], list(hot_symbols.faults(
            "\nworker.cc.o:\n                 U mimir::wire::dissect(int)\n"
            "                 U sched_yield@GLIBC_2.2.5\n0000000000000000 T printf\n")))


class Headers(unittest.TestCase):
    def planted(self, **sources):
        with tempfile.TemporaryDirectory() as root:
            for name, text in sources.items():
                with open(os.path.join(root, name.replace("_", ".")), "w") as file:
                    file.write(text)
            return headers.unproven(root), headers.check(root, ["g++"], "a.h")

    def test_a_header_that_its_source_includes_first_is_left_to_the_build(self):
        self.assertEqual([], self.planted(a_h="", a_cc='#include "a.h"\n')[0])
        self.assertEqual(["a.h"], self.planted(a_h="", a_cc='#include <b>\n#include "a.h"\n')[0])

    def test_what_a_header_lacks_is_told_at_its_line(self):
        faults = self.planted(a_h="#pragma once\n\nstd::string name();\n")[1]
        self.assertEqual([("a.h", 3)], [(fault.path, fault.line) for fault in faults])

    def test_a_header_without_a_guard_is_a_fault(self):
        self.assertEqual(1, len(self.planted(a_h="struct A {};\n")[1]))
        self.assertEqual(0, len(self.planted(a_h="#pragma once\nstruct A {};\n")[1]))


if __name__ == "__main__":
    unittest.main()
