#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard in Chromium, used with mouse and keys. What it shows is compared with what the
API says: of a replay with a theft, and of windows that are made up to be large or hostile.

Not one test may leave a message in the browser's console: an error there is a refused style,
a lost request, or a fault of the page.
"""

import datetime
import os
import re
import unittest

from mimir_case import Appliance, MimirCase, main
from web_stage import (HOSTILE, Stage, asked_of, bytes_text, edge, incident_record,
                       large_windows, open_browser, save_screenshot, status, until, webdriver,
                       window)

if webdriver is not None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

ATTACK = ["--users", "8", "--duration", "3min", "--seed", "3", "--attack",
          "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=60",
          "--attack", "scan:from=catalogue,rate=10,start=140,duration=30"]
EDGES_DRAWN_MAX = 1000


class Dashboard(MimirCase):
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

    # A replay with a theft: the API says what is right.

    def test_it_opens_on_the_last_window_and_says_what_the_status_says(self):
        self.open()
        self.shows(self.windows()[-1])
        said = asked_of(self.port, "/api/v1/status")
        facts = self.text("#facts")
        for wanted in [said["model"]["name"], said["model"]["sensitive_service"],
                       f"alerts{said['incidents']['opened']}", "ledgersbalance", "ended"]:
            self.assertIn(wanted, facts)

    def test_the_theft_is_lit_and_explained(self):
        self.open()
        self.press("a")
        first = next(one for one in self.windows() if one["alert"])
        details = self.shows(first)
        on_path = {(one["src"], one["dst"]) for one in details["edges"] if one["on_path"]}
        self.assertEqual(self.pairs("path"), on_path)
        self.assertIn(("user", "outside"), on_path)
        unseen = {(one["src"], one["dst"]) for one in details["edges"]
                  if not one["seen_in_training"]}
        self.assertEqual(self.pairs("never"), unseen)
        alert = next(one for one in asked_of(self.port, "/api/v1/alerts")["alerts"]
                     if one["mimir"]["window"]["start"] == first["begin"])
        why = self.text("#why")
        self.assertIn(alert["mimir"]["explanation"]["summary"], why)
        self.assertIn(f"score {first['score']:.3f} above threshold {first['threshold']:.3f}", why)
        for part in alert["mimir"]["explanation"]["contributions"][:6]:
            self.assertIn(part["feature"], why)
            self.assertIn(f"{abs(part['contribution']):.2f}", why)
        for technique in alert["alert"]["metadata"]["mitre_technique_id"]:
            self.assertIn(technique, why)
        save_screenshot(self.browser, "theft")

    def test_a_mouse_over_an_edge_shows_seen_and_expected(self):
        self.open()
        self.press("a")
        details = self.shows(next(one for one in self.windows() if one["alert"]))
        wanted = next(one for one in details["edges"] if one["on_path"] and one["seen_in_training"])
        self.hover(wanted["src"], wanted["dst"])
        tip = until(lambda: self.element("#tip").is_displayed() and self.text("#tip"), "the tip")
        self.assertIn(f"{wanted['src']} \u2192 {wanted['dst']}", tip)
        for size in [wanted["bytes"], wanted["expected_bytes"], wanted["p99_bytes"]]:
            self.assertIn(bytes_text(size), tip)
        save_screenshot(self.browser, "hover")

    def hover(self, source, target):
        place = self.run_script(
            "const e = mimirGraph.edges().filter((e) => e.data('source') === arguments[0] &&"
            "e.data('target') === arguments[1])[0]; const m = e.renderedMidpoint();"
            "const b = mimirGraph.container().getBoundingClientRect();"
            "return [m.x - b.width / 2, m.y - b.height / 2]", source, target)
        box = self.element("#graph")
        ActionChains(self.browser).move_to_element_with_offset(box, 0, 0).perform()
        ActionChains(self.browser).move_to_element_with_offset(
            box, round(place[0]), round(place[1])).perform()

    def test_keys_travel_through_the_windows(self):
        self.open()
        windows = self.windows()
        self.shows(windows[-1])
        for key, at in [(Keys.ARROW_LEFT, -2), (Keys.ARROW_LEFT, -3), (Keys.ARROW_RIGHT, -2),
                        (Keys.HOME, 0), (Keys.ARROW_LEFT, 0), (Keys.PAGE_DOWN, 10),
                        (Keys.END, -1)]:
            self.press(key)
            self.shows(windows[at])
        self.assertEqual(self.element("#live").get_attribute("aria-pressed"), "true")
        line = self.element("#line")
        self.assertEqual(int(line.get_attribute("aria-valuenow")), len(windows) - 1)
        self.assertIn(windows[-1]["begin"][:10], line.get_attribute("aria-valuetext"))

    def test_a_click_on_the_line_and_on_a_length_chooses(self):
        self.open()
        windows = self.windows()
        canvas = self.element("#line .u-over")
        ActionChains(self.browser).move_to_element(canvas).click().perform()
        # The line is as long as from the first window to the last: its middle is the middle one.
        middle = (windows[0]["begin_s"] + windows[-1]["begin_s"]) / 2
        name = until(lambda: (text := self.text("#window-name")) and
                     text[:19] != windows[-1]["begin"][:19].replace("T", " ") and text, "a click")
        at = datetime.datetime.fromisoformat(name[:19] + "+00:00").timestamp()
        self.assertLessEqual(abs(at - middle), 10)
        self.element("#granularities button:nth-child(2)").click()
        self.shows(self.windows(60)[-1])

    def test_an_alert_of_a_detector_names_what_to_do(self):
        self.open()
        alerts = asked_of(self.port, "/api/v1/alerts")["alerts"]
        scan = next(one for one in alerts if one["mimir"]["kind"] == "port_scan")
        buttons = self.browser.find_elements(By.CSS_SELECTOR, "#alerts button")
        self.assertEqual(len(buttons), self.expected_entries(alerts))
        next(one for one in buttons if "port scan" in one.text).click()
        why = until(lambda: (text := self.text("#why")) and "port scan" in text and text)
        for wanted in [scan["mimir"]["explanation"]["action"],
                       scan["mimir"]["explanation"]["false_alarm"],
                       scan["mimir"]["source"]["name"], "T1046"]:
            self.assertIn(wanted, why)
        named = self.run_script("return mimirGraph.nodes('.named').map((n) => n.id())")
        self.assertIn(scan["mimir"]["source"]["service"], named)

    @staticmethod
    def expected_entries(alerts):
        """One entry an incident, where alerts are of incidents."""
        with_none = [one for one in alerts if "incident" not in one["mimir"]]
        incidents = {one["mimir"]["incident"]["id"] for one in alerts if "incident" in one["mimir"]}
        return len(with_none) + len(incidents)

    def test_two_windows_are_compared(self):
        self.open()
        windows = self.windows()
        at = next(i for i, one in enumerate(windows) if one["alert"])
        self.press("a")
        self.shows(windows[at])
        self.press(Keys.ARROW_LEFT)
        before = self.shows(windows[at - 1])
        self.press("c")
        until(lambda: self.element("#compared").is_displayed())
        self.press(Keys.ARROW_RIGHT)
        now = asked_of(self.port, f"/api/v1/windows/10/{windows[at]['begin_s']}")
        old, new = [{(one["src"], one["dst"]): one["bytes"] for one in details["edges"]}
                    for details in (before, now)]
        until(lambda: self.pairs() == set(old) | set(new), "both windows' edges")
        self.assertEqual(self.pairs("added"), set(new) - set(old))
        self.assertIn(("user", "outside"), self.pairs("added"))
        self.assertEqual(self.pairs("removed"), set(old) - set(new))
        changed = {pair for pair in set(old) & set(new)
                   if max(old[pair], new[pair]) >= 2 * min(old[pair], new[pair])
                   and abs(old[pair] - new[pair]) >= 1000}
        self.assertEqual(self.pairs("changed"), changed)
        self.assertIn(("user-db", "user"), changed)
        save_screenshot(self.browser, "compare")
        self.press(Keys.ESCAPE)
        self.shows(windows[at])

    def test_every_control_is_reached_by_tab_and_seen_to_be(self):
        self.open()
        self.run_script("document.activeElement.blur()")
        reached = []
        for _ in range(60):
            self.press(Keys.TAB)
            one = self.run_script(
                "const e = document.activeElement, s = getComputedStyle(e);"
                "return [e.id || e.dataset.view || e.textContent.slice(0, 20) || e.tagName,"
                " parseFloat(s.outlineWidth) * (s.outlineStyle !== 'none'), e.tagName]")
            if one[2] == "BODY":
                break
            self.assertGreaterEqual(one[1], 2, one)
            reached.append(one[0])
        for wanted in ["theme", "scope", "find", "hide", "no-infrastructure", "compare", "why",
                       "edges-view", "health", "10 s", "60 s", "earlier", "later", "live", "line"]:
            self.assertIn(wanted, reached)
        self.assertLess(len(reached), 30)  # a list is one stop, arrows go through it

    def test_the_list_of_edges_lights_the_graph_by_keys_alone(self):
        self.open()
        self.press("a")
        self.shows(next(one for one in self.windows() if one["alert"]))
        self.press("2")
        self.run_script("document.querySelector('#edges tr[tabindex=\"0\"]').focus()")
        self.press(Keys.ARROW_DOWN)
        name = self.run_script("return document.activeElement.querySelector('td').textContent")
        lit = self.run_script("return mimirGraph.edges().filter((e) => !e.hasClass('dim'))"
                              ".map((e) => [e.data('source'), e.data('target')])")
        self.assertEqual(len(lit), 1)
        self.assertIn(" \u2192 ".join(lit[0]), name)
        self.assertIn(" \u2192 ".join(lit[0]), self.text("#tip"))

    def test_another_window_leaves_the_keyboard_where_it_is(self):
        self.open()
        windows = self.windows()
        self.shows(windows[-1])
        self.press("2")
        self.run_script("document.querySelectorAll('#edges tr[tabindex]')[3].focus()")
        name = "return document.activeElement.querySelector('td').textContent.slice(2)"
        held = self.run_script(name)
        self.press(Keys.ARROW_LEFT)
        self.shows(windows[-2])
        self.assertEqual(self.run_script(name), held)

    def test_find_hide_and_infrastructure(self):
        self.open()
        details = self.shows(self.windows()[-1])
        services = {one[end] for one in details["edges"] for end in ("src", "dst")}
        self.press("/", "orders")
        found = self.run_script("return mimirGraph.nodes('.found').map((n) => n.id())")
        self.assertEqual(set(found), {name for name in services if "orders" in name})
        self.press(Keys.ESCAPE)
        self.assertEqual(self.run_script("return mimirGraph.nodes('.found').length"), 0)
        usual = {(one["src"], one["dst"]) for one in details["edges"] if self.is_usual(one)}
        self.element("#hide").send_keys("rabbit")
        until(lambda: self.pairs() & usual == {pair for pair in usual
                                               if not any("rabbit" in name for name in pair)})
        self.element("#hide").clear()
        self.element("#no-infrastructure").click()
        until(lambda: self.pairs() & usual == {pair for pair in usual if "kube-dns" not in pair})
        self.assertTrue(any("kube-dns" in pair for pair in usual))

    @staticmethod
    def is_usual(one):
        return one["seen_in_training"] and not one["on_path"] and one["excess"] <= 1

    def test_the_ledger_is_a_bar_whose_parts_are_its_sum(self):
        self.open()
        self.press("3")
        said = asked_of(self.port, "/api/v1/status")
        text = self.text("#health")
        self.assertIn(f"since the start: received {said['packets']['received']:,}", text)
        self.assertIn(f"records written {said['records']['written']:,}", text)
        self.assertNotIn("DOES NOT BALANCE", text)
        broken = status()
        broken["packets"]["counted"] -= 1
        with Stage(self.port, broken, [window(0, [edge("a", "outside", 5000, 5000)])]) as stage:
            self.open(stage.url)
            self.press("3")
            until(lambda: "DOES NOT BALANCE" in self.text("#health"))
            widths = self.run_script(
                "return [...document.querySelector('.ledger').children]"
                ".map((e) => [e.title, e.getBoundingClientRect().width])")
            self.assertEqual([title for title, _ in widths],
                             ["counted: 15,000", "truncated: 3,000", "flow_table_full: 2,000"])
            self.assertAlmostEqual(widths[0][1] / widths[1][1], 5, delta=0.2)
            save_screenshot(self.browser, "ledger")

    def test_light_and_dark_follow_the_system_and_the_choice(self):
        def brightness(selector, what):
            numbers = self.run_script(f"return getComputedStyle(document.querySelector("
                                      f"arguments[0])).{what}", selector)
            return sum(map(int, re.findall(r"\d+", numbers)[:3])) / 3

        def follow(scheme):
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]})

        self.addCleanup(follow, "light")
        follow("dark")
        self.open()
        until(lambda: brightness("body", "backgroundColor") < 60)
        self.assertGreater(brightness("body", "color"), 180)
        ink = self.run_script("return mimirGraph.nodes()[0].style('color')")
        self.assertGreater(sum(map(int, re.findall(r"\d+", ink)[:3])) / 3, 180)
        save_screenshot(self.browser, "dark")
        self.element("#theme").click()  # light
        until(lambda: brightness("body", "backgroundColor") > 200)
        self.browser.refresh()
        until(self.drawn)
        self.assertGreater(brightness("body", "backgroundColor"), 200)
        self.press("t", "t")  # dark, then the system's
        follow("light")
        until(lambda: brightness("body", "backgroundColor") > 200)
        self.assertIn("system", self.text("#theme"))

    def test_kinds_differ_without_their_colours(self):
        edges = [edge("a", "b", 5000, 5000), edge("b", "c", 90000, 1000), edge("c", "d", 5000),
                 edge("d", "outside", 5000, 4000, on_path=True)]
        with Stage(self.port, status(), [window(0, edges, alert=True)]) as stage:
            self.open(stage.url)
            looks = self.run_script(
                "return mimirGraph.edges().map((e) => [e.style('line-style'),"
                "e.style('mid-target-arrow-shape'), e.style('label') !== ''].join())")
            self.assertEqual(len(set(looks)), 4, looks)
            signs = self.run_script(
                "return [...document.querySelectorAll('#edges .sign')].map((e) => e.textContent)")
            self.assertEqual(len(set(signs)), 4, signs)

    # What no small replay has.

    def test_it_travels_back_through_the_history_and_returns(self):
        # A day's pause before the last 20 windows; memory has only these.
        numbers = [*range(1500), *range(10_000, 10_020)]
        windows = [window(number, [edge("a", "outside", 5000 + number, 5000)])
                   for number in numbers]
        with Stage(self.port, status(), windows, kept=20) as stage:
            self.open(stage.url)

            def is_shown(at):
                stamp = windows[at]["begin"][:19].replace("T", " ")
                until(lambda: self.text("#window-name").startswith(stamp), stamp)
            is_shown(-1)
            self.press(Keys.HOME)
            is_shown(1500)
            self.press(Keys.ARROW_LEFT)
            is_shown(1499)
            self.press(Keys.ARROW_LEFT)
            is_shown(1498)
            self.press(Keys.HOME)  # of the page
            is_shown(500)
            self.press(Keys.PAGE_UP)
            is_shown(490)
            self.press(Keys.HOME)
            is_shown(0)
            self.press(Keys.ARROW_LEFT)
            until(lambda: "Nothing before 2026-01-05 00:00:00 is remembered" in
                  self.text("#notice"))
            is_shown(0)
            self.element("#at").send_keys(windows[700]["begin"][:16].replace("T", " "), Keys.ENTER)
            is_shown(700 - 700 % 6)
            self.press(Keys.ESCAPE, Keys.ARROW_RIGHT)
            is_shown(701 - 700 % 6)
            self.element("#at").clear()
            self.element("#at").send_keys("soon", Keys.ENTER)
            until(lambda: "A time is written as" in self.text("#notice"))
            self.press(Keys.ESCAPE, Keys.END)
            is_shown(-1)
            self.assertEqual(self.element("#live").get_attribute("aria-pressed"), "true")

    def test_from_the_past_it_goes_on_to_the_present(self):
        numbers = [*range(600), *range(10_000, 10_020)]
        windows = [window(number, [edge("a", "outside", 5000 + number, 5000)])
                   for number in numbers]
        windows[598]["edge_count"] = 301
        with Stage(self.port, status(), windows, kept=20) as stage:
            self.open(stage.url)
            self.press(Keys.HOME, Keys.ARROW_LEFT)
            for at in [599, 598]:
                stamp = windows[at]["begin"][:19].replace("T", " ")
                until(lambda s=stamp: self.text("#window-name").startswith(s), stamp)
                self.press(Keys.ARROW_LEFT)
            until(lambda: "300 more were not remembered" not in self.text("#graph-note"))
            self.press(Keys.ARROW_RIGHT)
            until(lambda: "300 more were not remembered" in self.text("#graph-note"))
            for at in [599, 600]:
                self.press(Keys.ARROW_RIGHT)
                stamp = windows[at]["begin"][:19].replace("T", " ")
                until(lambda s=stamp: self.text("#window-name").startswith(s), stamp)
            self.press(Keys.ARROW_RIGHT)
            until(lambda: self.text("#window-name").startswith(
                windows[601]["begin"][:19].replace("T", " ")))

    def test_a_thousand_services_open_on_what_is_unusual(self):
        windows = large_windows()
        with Stage(self.port, status(services=1000), windows) as stage:
            self.open(stage.url)
            unusual = {(one["src"], one["dst"]) for one in windows[-1]["edges"]
                       if not self.is_usual(one)}
            self.assertEqual(self.pairs("path"), unusual)
            self.assertLessEqual(len(self.drawn()), 120)
            self.assertIn("of 5,000 edges", self.text("#graph-note"))
            save_screenshot(self.browser, "thousand")
            self.run_script("const s = document.querySelector('#scope'); s.value = 'all';"
                            "s.dispatchEvent(new Event('input'))")
            self.assertEqual(len(self.drawn()), EDGES_DRAWN_MAX)
            self.assertLessEqual(unusual, self.pairs())
            self.run_script("const s = document.querySelector('#scope'); s.value = 'near';"
                            "s.dispatchEvent(new Event('input'))")
            self.press("/", "service-0500")
            until(lambda: self.run_script("return mimirGraph.nodes('.found').length") == 1)
            self.press(Keys.ESCAPE, Keys.ARROW_LEFT)
            until(lambda: not self.pairs("path"), "the window before")
            self.assertTrue(self.drawn())  # nothing is unusual there: the holder's neighbours

    def test_a_thousand_services_of_which_all_is_unusual_are_drawn_in_part(self):
        strange = large_windows(count=1)[0]
        for one in strange["edges"]:
            one["seen_in_training"] = False
        with Stage(self.port, status(services=1000), [strange]) as stage:
            self.open(stage.url)
            self.assertLessEqual(len(self.drawn()), 120)
            self.assertLessEqual({("db", "service-0007"), ("service-0007", "outside")},
                                 self.pairs("path"))

    def test_names_are_text_whatever_they_say(self):
        names = [*HOSTILE, "outside"]
        edges = [edge(one, other, 5000 + i, None if i % 2 else 100, on_path=i == 0)
                 for i, (one, other) in enumerate(zip(names, names[1:]))]
        windows = [window(0, edges[1:]), window(1, edges, alert=True)]
        hostile = HOSTILE[0]
        said = status()
        said["model"] |= {"name": hostile, "sensitive_service": hostile}
        said["ports"][0]["device"] = hostile
        said["packets"]["dropped"] = {hostile: 10}
        alert = {"timestamp": windows[1]["begin"], "event_type": "alert",
                 "alert": {"signature": hostile, "severity": 1, "metadata": {
                     "mitre_tactic_id": [hostile], "mitre_technique_id": [hostile]}},
                 "mimir": {"kind": hostile, "path": names, "source": {
                     "name": hostile, "ip": hostile, "service": hostile}, "targets": [
                         {"name": hostile, "ip": "", "service": hostile}],
                     "evidence": {hostile: hostile}, "hops": [
                         {"src_pod": hostile, "dst_pod": hostile, "bytes": 1, "packets": 1}],
                     "window": {"start": windows[1]["begin"], "granularity_s": 10},
                     "explanation": {"summary": hostile, "action": hostile}}}
        with Stage(self.port, said, windows, [alert]) as stage:
            self.open(stage.url)
            self.element("#alerts button").click()
            for key in ["1", "2", "3", Keys.ARROW_LEFT, "c", Keys.ARROW_RIGHT, "2"]:
                self.press(key)
            self.press("/", hostile[:5])
            until(lambda: self.run_script("return mimirGraph.nodes('.found').length") == 1)
            self.run_script("document.querySelector('#edges tr[tabindex=\"0\"]').focus()")
            ids = set(self.run_script("return mimirGraph.nodes().map((n) => n.id())"))
            self.assertEqual(ids, set(names))
            self.assertIn(hostile, self.text("#edges"))
            self.assertIn(hostile, self.text("#why"))
            self.assertIn(hostile, self.text("#health"))
            strange = self.run_script(
                "return document.querySelectorAll('body img, body script').length")
            self.assertEqual(strange, 0)
            self.assertIsNone(self.run_script("return window.taken ?? null"))
            save_screenshot(self.browser, "hostile")

    def test_an_incident_is_one_entry_and_explains_its_windows(self):
        edges = [edge("db", "outside", 90000, on_path=True)]
        windows = [window(0, edges), *(window(i, edges, alert=True) for i in (1, 2, 3))]
        records = [incident_record("I1", "open", windows[1], 1, "opened"),
                   incident_record("I2", "open", windows[1], 1, "another"),
                   incident_record("I1", "closed", windows[3], 3, "it is over")]
        said = status(incidents={"opened": 2, "open": 1, "records_written": 3})
        with Stage(self.port, said, windows, records) as stage:
            self.open(stage.url)
            listed = [one.text for one in self.browser.find_elements(
                By.CSS_SELECTOR, "#alerts button")]
            self.assertEqual(len(listed), 2)
            self.assertIn("closed", listed[0])
            self.assertIn("open", listed[1])
            self.assertIn("open1", self.text("#facts"))
            self.press(Keys.ARROW_LEFT)  # no record of its own
            why = until(lambda: (text := self.text("#why")) and "told of" in text and text)
            self.assertIn("it is over", why)
            self.assertIn("told 3 times", why)
            self.assertIn(windows[2]["contributions"][0]["feature"], why)
            self.press(Keys.HOME)
            until(lambda: "it is over" not in self.text("#why"))

    def test_it_asks_nobody_else(self):
        self.open()
        asked = self.run_script(
            "return performance.getEntriesByType('resource').map((e) => e.name)")
        self.assertGreater(len(asked), 10)
        for name in asked:
            self.assertTrue(name.startswith(self.url), name)

    def test_a_token_is_asked_for_and_given(self):
        self.may_fail_to_load = True  # the browser tells of each 401
        windows = [window(0, [edge("a", "outside", 5000, 5000)])]
        with Stage(self.port, status(), windows, token="s3cret") as stage:
            self.browser.get(stage.url)
            form = self.element("#token-form")
            until(form.is_displayed)
            self.assertFalse(self.drawn())
            self.element("#token").send_keys("wrong", Keys.ENTER)
            until(lambda: not self.element("#token").get_attribute("value"))
            self.assertTrue(form.is_displayed())
            self.element("#token").send_keys("s3cret", Keys.ENTER)
            until(self.drawn)
            self.assertFalse(form.is_displayed())

    def test_an_appliance_that_is_gone_is_told_of(self):
        self.may_fail_to_load = True
        stage = Stage(self.port, status(), [window(0, [edge("a", "outside", 5000, 5000)])])
        with stage:
            self.open(stage.url)
        until(lambda: "does not answer" in self.text("#notice"))
        self.assertTrue(self.drawn())  # what it last said stays


if __name__ == "__main__":
    main()
