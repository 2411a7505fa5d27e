# SPDX-License-Identifier: Apache-2.0
"""What tests of the dashboard in Chromium share: a browser, an appliance, what the page has.

Not one test may leave a message in the browser's console: an error there is a refused style,
a lost request, or a fault of the page.
"""

import contextlib
import os
import re
import unittest

from mimir_case import Appliance, MimirCase
from web_stage import Stage, asked_of, open_browser, until, webdriver

if webdriver is not None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

ATTACK = ["--users", "8", "--duration", "3min", "--seed", "3", "--attack",
          "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=60",
          "--attack", "scan:from=catalogue,rate=10,start=140,duration=30"]


class DashboardCase(MimirCase):
    """A page of an appliance that stays after a replay with a theft, and a browser on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = open_browser(cls.folder / "profile")
        cls.addClassCleanup(cls.browser.quit)
        cls.train()
        cls.simulate("attack", *ATTACK)
        config = cls.configure("web.yaml", "attack/entities.jsonl", alerts="alerts.jsonl",
                               more="http:\n  listen: 127.0.0.1:0\n")
        cls.appliance = Appliance(cls, config, "--replay", "attack/capture.pcap", "--stay")
        cls.addClassCleanup(cls.appliance.__exit__)
        if not cls.appliance.wait_until_said("until Ctrl-C"):
            if os.geteuid() != 0:
                raise unittest.SkipTest(f"DPDK cannot start here: {cls.appliance.stderr}")
            raise AssertionError(cls.appliance.stderr)
        cls.port = int(re.search(r"told of at http://[^:]+:(\d+)", cls.appliance.stderr)[1])
        cls.url = f"http://127.0.0.1:{cls.port}/"

    def setUp(self):
        # The page of the test before may still ask an appliance that is gone.
        self.browser.get("about:blank")
        self.browser.get_log("browser")

    def tearDown(self):
        if getattr(self, "may_fail_to_load", False):
            self.browser.get_log("browser")
        self.assertEqual(self.browser.get_log("browser"), [])

    @contextlib.contextmanager
    def stage(self, *said, **settings):
        """A stage that the page leaves before it ends: a request that it cuts off is an error in
        the console.
        """
        with Stage(self.port, *said, **settings) as stage:
            yield stage
            self.browser.get("about:blank")

    # What the page has, and what is done to it.

    def open(self, url=None):
        self.browser.get("about:blank")
        self.browser.get(url or self.url)
        until(self.drawn, "the graph")

    def run_script(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def element(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.run_script("return document.querySelector(arguments[0]).textContent", selector)

    def press(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def drawn(self):
        """The edges of the graph: ends, classes."""
        return self.run_script(
            "return window.mimirGraph ? mimirGraph.edges().map((e) => ({src: e.data('source'),"
            "dst: e.data('target'), classes: e.classes()})) : []")

    def pairs(self, kind=None):
        return {(one["src"], one["dst"]) for one in self.drawn()
                if kind is None or kind in one["classes"]}

    def shows(self, summary):
        """Waits until that window of the API is the one that is shown; its details."""
        stamp = summary["begin"][:19].replace("T", " ")
        wanted = f"{stamp} + {summary['granularity_s']} s"
        until(lambda: self.text("#window-name").startswith(wanted), wanted)
        details = asked_of(self.port, f"/api/v1/windows/{summary['granularity_s']}/"
                           f"{summary['begin_s']}")
        wanted_edges = {(one["src"], one["dst"]) for one in details["edges"]}
        until(lambda: self.pairs() == wanted_edges, "its edges")
        return details

    def windows(self, length=10):
        return asked_of(self.port, f"/api/v1/windows?granularity={length}")["windows"]

    @staticmethod
    def is_usual(one):
        return one["seen_in_training"] and not one["on_path"] and one["excess"] <= 1
