#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether tools/build/test_summary.py counts what passed, failed, crashed and was skipped.

usage: test_summary_test.py SUMMARY.py
"""

import os
import subprocess
import sys
import tempfile
import unittest

SUMMARY = os.path.abspath(sys.argv.pop(1))


class SummaryTest(unittest.TestCase):
    JUNIT = """<testsuites>
      <testsuite name="mimir.wire.Dissect">
        <testcase name="A" status="run"/>
        <testcase name="B" status="run"><failure/></testcase>
        <testcase name="C" status="run"><skipped/></testcase>
        <testcase name="D" status="notrun"/>
      </testsuite>
      <testsuite name="mimir"><testcase name="layers"/></testsuite>
    </testsuites>"""
    LOG = ('{"name": "mimir:unit / wire", "result": "FAIL"}\n'
           '{"name": "mimir:unit / flow", "result": "ERROR"}\n'
           '{"name": "mimir:lint / layers", "result": "OK"}\n')

    def summary(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("log.json", self.LOG), ("log.junit.xml", self.JUNIT)):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            return subprocess.run([sys.executable, SUMMARY, *arguments], cwd=folder,
                                  capture_output=True, check=False, text=True)

    def test_cases_are_counted_and_a_crash_is_a_failure(self):
        answer = self.summary("log")
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stdout.splitlines()[-1], "2 passed, 2 failed, 2 skipped")
        self.assertIn("mimir:unit / flow", answer.stdout)

    def test_a_missing_log_or_a_broken_build_is_a_failure(self):
        answer = self.summary("--broken", "asan: build", "nothing")
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stdout.splitlines()[-1], "0 passed, 2 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
