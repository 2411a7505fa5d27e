#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the appliance remembers, read by Python's SQLite and by the commands that use it."""

import csv
import io
import json
import re
import signal
import sqlite3
import subprocess

from mimir_case import (DATA, OK, PATH, PATIENCE_S, USAGE, Appliance, MimirCase, json_lines, main,
                        own_prefix)

DAY_S = 86400
QUIET_S = 300
SCHEMA_VERSION = 2


class History(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("theft", "--users", "8", "--duration", "6min", "--seed", "2", "--attack",
                     "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=120")

    def remembering(self, name, device="net_null0"):
        return self.configure(f"{name}.yaml", "theft/entities.jsonl", device,
                              alerts=f"{name}.jsonl", prefix=own_prefix(f"-{name}"),
                              more=f"  history: {name}.sqlite\n")

    def replay(self, name):
        answer = self.call("run", "--config", self.remembering(name), "--replay",
                           "theft/capture.pcap")
        self.skip_unless_dpdk(answer)
        self.expect(answer, OK)
        return answer

    def rows(self, name, query):
        with sqlite3.connect(f"file:{self.folder}/{name}.sqlite?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def test_every_window_and_record_is_there(self):
        answer = self.replay("all")
        windows = json_lines(self.must("score", "theft/capture.pcap", "--model", "shop.mimir",
                                       "--entities", "theft/entities.jsonl", "--windows"))
        rows = self.rows("all", "SELECT granularity_s, score, threshold, alarm, detail "
                         "FROM windows ORDER BY end_ns, granularity_s")
        self.assertEqual(sorted((row[0], row[1], row[2], bool(row[3])) for row in rows),
                         sorted((window["granularity_s"], window["score"], window["threshold"],
                                 window["alert"]) for window in windows))
        self.assertEqual([json.loads(row[4])["score"] for row in rows], [row[1] for row in rows])
        lines = (self.folder / "all.jsonl").read_text(encoding="utf-8").splitlines()
        records = self.rows("all", "SELECT line FROM records ORDER BY seq")
        self.assertEqual([row[0] for row in records], lines)
        said = re.search(r"history  given (\d+) = written (\d+) \+ lost 0;", answer.stderr)
        self.assertEqual([int(said[1]), int(said[2])], 2 * [len(windows) + len(lines)])
        self.assertEqual(self.rows("all", "PRAGMA integrity_check"), [("ok",)])

    def test_every_family_of_invariants_is_explained_in_words(self):
        """By the columns that there are and the features of a model, one of each family."""
        self.replay("words")
        table = self.must("features", "--entities", "theft/entities.jsonl", "--sensitive", PATH[0],
                          "--observe", "node-any", "theft/capture.pcap")
        header = next(csv.reader(io.StringIO(table)))
        model = (self.folder / "shop.mimir").read_text(encoding="utf-8")
        one_of = {name.split("(")[0]: name for name in
                  [*header, *re.findall(r'"name": "(\w+\([^"]+\))"', model)]
                  if "(" in name or name == "vip_deviation"}
        self.assertGreaterEqual(set(one_of), {"bytes", "first_contact", "pod_excess",
                                              "vip_deviation", "reciprocity"})
        line = next(one for one in json_lines((self.folder / "words.jsonl").read_text("utf-8"))
                    if one["mimir"]["kind"] == "exfiltration")
        line["mimir"]["explanation"]["contributions"] = [
            {"feature": name, "granularity_s": 10, "observed": 4.0, "expected": 1.0, "spread": 1.0,
             "z": 3.0, "weight": 0.1, "contribution": 0.3} for name in one_of.values()]
        self.write("words_line.jsonl", json.dumps(line) + "\n")
        explained = self.must("explain", "words_line.jsonl").splitlines()
        for name in one_of.values():
            at = next(i for i, text in enumerate(explained) if f"  {name}, 10 s: " in text)
            self.assertRegex(explained[at + 1], "^ {10}[a-z]", name)

    def test_an_incident_is_listed_shown_and_labelled(self):
        self.replay("label")
        words = ["--history", "label.sqlite"]
        incidents = json_lines(self.must("alert", "list", *words, "--json"))
        theft = next(each for each in incidents
                     if each["dedup_key"] == "exfiltration|" + "|".join(PATH))
        self.assertEqual((theft["state"], theft["severity"], theft["told"]),
                         ("closed", "high", True))
        self.assertIn(theft["id"], self.must("alert", "list", *words))
        self.assertNotIn(theft["id"], self.must("alert", "list", *words, "--open"))
        shown = self.must("alert", "show", *words, theft["id"])
        for text in ["user-db sent", "first_contact(outside)", "edge user-db -> user",
                     "next: kubectl -n sock-shop logs user-db-", "next: mimir alert label"]:
            self.assertIn(text, shown)
        explained = self.must("explain", "label.jsonl", theft["id"][:20])
        reasons = explained.splitlines()[2:]
        self.assertEqual(reasons, shown.splitlines()[-len(reasons):])
        self.assertIn(f"incident {theft['id']}, closed, seen {theft['count']} times", explained)
        # What is printed adds up, to three digits.
        score = float(re.search(r"^  (\S+)  score, above the threshold \S+; the sum of$", explained,
                                re.MULTILINE)[1])
        parts = [float(text) for text in
                 re.findall(r"^  ([+-]\d+\.\d{3})  ", explained, re.MULTILINE)]
        self.assertEqual(len(parts), 10)  # the intercept, eight invariants and all others
        self.assertAlmostEqual(sum(parts), score, delta=0.0005 * (len(parts) + 1))
        self.assertRegex(explained, r"first_contact\(outside\), \d+ s: .*\n +leaves from who never")
        self.expect(self.call("explain", "label.jsonl", "Z"), DATA, "begins with `Z`")
        self.expect(self.call("alert", "label", *words, theft["id"], "--benign"), USAGE,
                    "a label needs a reason")
        self.expect(self.call("alert", "label", *words, theft["id"], "--benign", "--malicious",
                              "--reason", "x"), USAGE, "a label is one of two")
        self.must("alert", "label", *words, theft["id"], "--malicious", "--reason", "it was one")
        self.assertIn("malicious: it was one", self.must("alert", "show", *words, theft["id"]))
        self.assertEqual(self.rows("label", "SELECT id, label, reason FROM labels"),
                         [(theft["id"], "malicious", "it was one")])
        self.expect(self.call("alert", "show", *words, "Z"), DATA, "begins with `Z`")

    def test_a_history_without_incidents_says_what_it_saw(self):
        self.windows("empty", [(10, i * 10, 0.25) for i in range(6)])
        answer = self.call("alert", "list", "--history", "empty.sqlite")
        self.expect(answer, OK, "no incident: 6 windows from 1970-01-01T00:00:00.000000+0000 to "
                    "1970-01-01T00:01:00.000000+0000, nearest to its threshold -0.250")

    def test_what_a_kill_left_open_is_closed_by_the_next_life(self):
        self.replay("killed")
        # As a kill before the end leaves it: no end was told, and none remembered.
        with sqlite3.connect(self.folder / "killed.sqlite") as database:
            database.execute("DELETE FROM records WHERE state = 'closed'")
            database.execute("UPDATE incidents SET state = 'open'")
        open_ids = {row[0] for row in self.rows("killed", "SELECT id FROM incidents")}
        self.assertTrue(open_ids)
        path = self.folder / "killed.jsonl"
        before = len(path.read_text(encoding="utf-8").splitlines())
        quiet = Appliance(self, self.remembering("killed", "net_null0,no-rx=1"))
        self.addCleanup(quiet.__exit__)
        self.assertTrue(quiet.wait_until_listening(), quiet.stderr)
        self.assertEqual(quiet.end(), OK)
        told = json_lines(path.read_text(encoding="utf-8"))[before:]
        incidents = [line["mimir"]["incident"] for line in told]
        self.assertEqual({incident["id"] for incident in incidents}, open_ids)
        self.assertEqual({(incident["state"], incident["closed_because"])
                          for incident in incidents}, {("closed", "interrupted")})
        self.assertEqual(self.rows("killed", "SELECT id FROM incidents WHERE state = 'open'"), [])

    def test_a_new_process_tells_of_windows_and_alerts_of_the_one_before(self):
        self.replay("past")
        self.configure("past_live.yaml", "theft/entities.jsonl", "net_null0,no-rx=1",
                       alerts="past.jsonl", prefix=own_prefix("-past-live"),
                       more="  history: past.sqlite\ncontrol: {socket: past.sock}\n")
        quiet = Appliance(self, "past_live.yaml")
        self.addCleanup(quiet.__exit__)
        self.assertTrue(quiet.wait_until_listening(), quiet.stderr)

        def ask(*words):
            return json.loads(self.must("ctl", "--socket", "past.sock", "--json", *words))
        rows = self.rows("past", "SELECT begin_ns, score, threshold, detail FROM windows WHERE "
                         "granularity_s = 10 ORDER BY begin_ns")
        windows = ask("windows", "--last", "1000")["windows"]
        self.assertEqual([(one["begin_s"] * 10**9, one["score"], one["threshold"])
                          for one in windows], [row[:3] for row in rows])
        self.assertNotIn("edges", windows[0])
        self.assertEqual({one["edge_count"] - len(json.loads(row[3])["edges"])
                          for one, row in zip(windows, rows)}, {0})
        half = len(rows) // 2
        until = windows[half]["begin"][:19] + "Z"
        self.assertEqual(ask("windows", "--last", "3", "--until", until)["windows"],
                         windows[half - 3:half])
        lines = json_lines((self.folder / "past.jsonl").read_text(encoding="utf-8"))
        self.assertEqual(ask("alerts", "--last", "1000")["alerts"], lines)
        self.assertEqual(ask("alerts", "--until", "2020-01-01")["alerts"], [])
        self.expect(self.call("ctl", "--socket", "past.sock", "windows", "--until", "soon"), USAGE,
                    "is no time; write 2026-12-31")
        self.assertEqual(quiet.end(), OK)

    def test_edges_are_observed_as_they_were_remembered(self):
        self.replay("edges")
        details = [json.loads(row[0]) for row in self.rows(
            "edges", "SELECT detail FROM windows WHERE granularity_s = 10 ORDER BY begin_ns")]

        def wanted(chosen, names=None):
            rows = []
            for window in chosen:
                rows += [(window["begin_s"], edge["src"], edge["dst"], edge["bytes"])
                         for edge in sorted(window["edges"], key=lambda one: -one["bytes"])
                         if names is None or names & {edge["src"], edge["dst"]}]
            return rows

        def observed(*words):
            return [(edge["begin_s"], edge["src"], edge["dst"], edge["bytes"])
                    for edge in json_lines(self.must("observe", "--from", "edges.sqlite", "--json",
                                                     "--edges", "1000", *words))]
        self.assertGreater(len(wanted(details)), 100)
        self.assertEqual(observed("--last", "1000"), wanted(details))
        self.assertEqual(observed(), wanted(details[-6:]))
        self.assertEqual(observed("--since", "30s", "--service", "user"),
                         wanted(details[-3:], {"user"}))
        until = details[5]["begin"][:19] + "Z"
        self.assertEqual(observed("--since", "20s", "--until", until, "--service", "user",
                                  "--service", "outside"),
                         wanted(details[3:5], {"user", "outside"}))
        theft = self.call("observe", "--from", "edges.sqlite", "--service", "outside",
                          "--last", "1000")
        self.expect(theft, OK, f"{len(details)} windows of 10 s that began from")
        self.assertRegex(theft.stdout, r" user -> outside  \(\d+ packets; never seen in training\)"
                         r"  ON THE PATH OF AN ALERT\n")

    def test_who_observes_nothing_is_told_what_there_is(self):
        self.windows("bare", [(10, 600 + i * 10, 0.25) for i in range(6)])
        answer = self.call("observe", "--from", "bare.sqlite", "--until", "1970-01-01T00:10:00Z")
        self.expect(answer, OK, "no window was seen", "bare.sqlite has 6 windows of 10 s, from "
                    "1970-01-01T00:10:00 to 1970-01-01T00:11:00", "check: --granularity, --since")
        self.assertEqual(answer.stdout, "")
        self.expect(self.call("observe", "--from", "none.sqlite"), DATA,
                    "No such file or directory")
        self.expect(self.call("observe", "--from", "bare.sqlite", "--follow", "--until",
                              "2026-01-01"), USAGE, "--follow goes on, --until ends")

    def test_it_follows_a_history_that_is_written(self):
        self.windows("follow", [])
        process = subprocess.Popen(
            [self.mimir_path, "observe", "--from", "follow.sqlite", "--follow"], cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for begin_s in [100, 110]:
            detail = {"begin_s": begin_s, "begin": f"window {begin_s}", "granularity_s": 10,
                      "has_data": True, "packets": 1, "edges": [
                          {"src": "a", "dst": f"b{begin_s}", "bytes": 7, "packets": 1}]}
            with sqlite3.connect(self.folder / "follow.sqlite") as database:
                database.execute("INSERT INTO windows VALUES (10, ?1 * 1000000000, (?1 + 10) * "
                                 "1000000000, 0, 1, 0, 0.1, 0.5, 0, ?2)",
                                 (begin_s, json.dumps(detail)))
            self.assertIn(f"window {begin_s}", process.stdout.readline())
            self.assertIn(f"a -> b{begin_s}", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
        self.assertIn("2 windows of 10 s", said)
        self.assertEqual(process.returncode, OK)

    def windows(self, name, windows, labels=()):
        """A history of (granularity, begin in s, score), made by Python."""
        self.must("check", "--print-default")  # the executable is there
        subprocess.run([self.mimir_path, "run", "--config",
                        self.remembering(name, "net_null0,no-such=1")], cwd=self.folder,
                       capture_output=True, check=False, timeout=60)
        with sqlite3.connect(self.folder / f"{name}.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA user_version").fetchone(),
                             (SCHEMA_VERSION,))
            database.executemany(
                "INSERT INTO windows VALUES (?1, ?2 * 1000000000, (?2 + ?1) * 1000000000, 0, 1, "
                "0, ?3, 0.5, 0.0, '{}')", windows)
            for identity, begin_s, end_s, label in labels:
                database.execute(
                    "INSERT INTO incidents VALUES (?1, 'k', 'exfiltration', 1, 'closed', "
                    "?2 * 1000000000, ?3 * 1000000000, 1, 1)", (identity, begin_s, end_s))
                database.execute("INSERT INTO labels VALUES (?, ?, 'why', 0)", (identity, label))

    def test_thresholds_are_tuned_to_a_budget_and_taken_by_the_appliance(self):
        # Ten days in windows of 60 s: spikes hours apart, of growing height, and an attack.
        spikes = {(i + 1) * 7000 // 60 * 60: 0.5 + 0.01 * i for i in range(100)}
        attack_s = 800_040
        windows = [(60, begin_s, 5.0 if begin_s == attack_s else spikes.get(begin_s, 0.001))
                   for begin_s in range(0, 10 * DAY_S, 60)]
        self.windows("tune", windows, [("01A", attack_s, attack_s + 60, "malicious")])
        answer = self.call("tune", "--budget", "2/day", "--from", "tune.sqlite")
        self.expect(answer, OK, "1 windows left out", "incidents 99 -> 19")
        found = re.fullmatch(r"# .*\ndetection:\n  thresholds:\n    - \{granularity: 60s, "
                             r"threshold: (\S+)\}\n", answer.stdout)
        # 9.99 days of windows allow 19 incidents: the 19 highest spikes, and not the 20th.
        self.assertAlmostEqual(float(found[1]), (spikes_sorted := sorted(spikes.values()))[-20] / 2
                               + spikes_sorted[-19] / 2)
        self.expect(self.call("tune", "--budget", "1/week", "--from", "tune.sqlite", "--since",
                              "2h"), DATA, "too few for 0.143 incidents a day", "wait until")
        self.expect(self.call("tune", "--budget", "never", "--from", "tune.sqlite"), USAGE,
                    "is no budget")

    def test_a_threshold_of_the_configuration_is_in_force(self):
        high = self.remembering("high")
        text = (self.folder / high).read_text(encoding="utf-8")
        self.write(high, text + "detection:\n  thresholds:\n"
                   "    - {granularity: 10s, threshold: 99}\n"
                   "    - {granularity: 60s, threshold: 98}\n")
        answer = self.call("run", "--config", high, "--replay", "theft/capture.pcap")
        self.skip_unless_dpdk(answer)
        self.expect(answer, OK)
        self.assertEqual(self.rows("high", "SELECT DISTINCT granularity_s, threshold FROM windows "
                                   "ORDER BY 1"), [(10, 99.0), (60, 98.0)])
        self.assertNotIn("exfiltration", (self.folder / "high.jsonl").read_text(encoding="utf-8"))
        self.write(high, text + "detection: {thresholds: [{granularity: 7s, threshold: 1}]}\n")
        self.expect(self.call("run", "--config", high), USAGE,
                    "detection.thresholds names windows of 7 s, which the model does not judge")
        self.write(high, text + "detection: {thresholds: [{threshold: .nan, granularity: 10s}, "
                   "{granularity: 10s, threshold: 1}]}\n")
        self.expect(self.call("run", "--config", high), USAGE, "detection.thresholds[].threshold")

    def test_what_is_no_history_is_refused(self):
        self.write("no.sqlite", b"not a database at all" * 100)
        self.expect(self.call("alert", "list", "--history", "no.sqlite"), DATA,
                    "no.sqlite: error: cannot be read: ")
        self.expect(self.call("tune", "--from", "absent.sqlite"), DATA, "No such file or directory")
        config = self.remembering("no")
        self.expect(self.call("run", "--config", config), USAGE, "the history cannot be used")


if __name__ == "__main__":
    main()
