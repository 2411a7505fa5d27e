#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard of what no small replay has, made up by a stage: a long past, a thousand services,
hostile names, a token, an appliance that is gone.
"""

from dashboard_case import DashboardCase
from mimir_case import main
from web_stage import (HOSTILE, Stage, edge, incident_record, large_windows, save_screenshot,
                       status, until, webdriver, window)

if webdriver is not None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

EDGES_DRAWN_MAX = 1000


class DashboardOfAStage(DashboardCase):
    def test_it_travels_back_through_the_history_and_returns(self):
        # A day's pause before the last 20 windows; memory has only these.
        numbers = [*range(1500), *range(10_000, 10_020)]
        windows = [window(number, [edge("a", "outside", 5000 + number, 5000)])
                   for number in numbers]
        with self.stage(status(), windows, kept=20) as stage:
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
        with self.stage(status(), windows, kept=20) as stage:
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
        with self.stage(status(services=1000), windows) as stage:
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
        with self.stage(status(services=1000), [strange]) as stage:
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
        with self.stage(said, windows, [alert]) as stage:
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
        with self.stage(said, windows, records) as stage:
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

    def test_a_token_is_asked_for_and_given(self):
        self.may_fail_to_load = True  # the browser tells of each 401
        windows = [window(0, [edge("a", "outside", 5000, 5000)])]
        with self.stage(status(), windows, token="s3cret") as stage:
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
