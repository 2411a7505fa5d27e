#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard of a replay with a theft, used with mouse and keys. What it shows is compared with
what the API says.
"""

import datetime
import re

from dashboard_case import DashboardCase
from mimir_case import main
from web_stage import (asked_of, bytes_text, edge, save_screenshot, status, until,
                       webdriver, window)

if webdriver is not None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys


class Dashboard(DashboardCase):
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
        with self.stage(broken, [window(0, [edge("a", "outside", 5000, 5000)])]) as stage:
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
        with self.stage(status(), [window(0, edges, alert=True)]) as stage:
            self.open(stage.url)
            looks = self.run_script(
                "return mimirGraph.edges().map((e) => [e.style('line-style'),"
                "e.style('mid-target-arrow-shape'), e.style('label') !== ''].join())")
            self.assertEqual(len(set(looks)), 4, looks)
            signs = self.run_script(
                "return [...document.querySelectorAll('#edges .sign')].map((e) => e.textContent)")
            self.assertEqual(len(set(signs)), 4, signs)

    def test_it_asks_nobody_else(self):
        self.open()
        asked = self.run_script(
            "return performance.getEntriesByType('resource').map((e) => e.name)")
        self.assertGreater(len(asked), 10)
        for name in asked:
            self.assertTrue(name.startswith(self.url), name)


if __name__ == "__main__":
    main()
