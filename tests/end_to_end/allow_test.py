#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `mimir policy allow` says one more suppression would have held back is what the appliance
then holds back, and not one incident more."""

import json
import re
import sqlite3

from mimir_case import DATA, OK, PATH, USAGE, MimirCase, json_lines, main, own_prefix

THEFT = "exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=120"
SCAN = "scan:from=carts,rate=5,start=200,duration=30"
KEY = "exfiltration|" + "|".join(PATH)
BECAUSE = ["--reason", "nightly export", "--expires", "30d"]


class Allow(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        cls.simulate("theft", "--users", "8", "--duration", "6min", "--seed", "2",
                     "--attack", THEFT, "--attack", SCAN)
        # One run without any suppression is what all tests look back at.
        cls.first = cls.replayed("first")
        cls.told = cls.incidents_of("first.jsonl")

    @classmethod
    def config(cls, name, detection=""):
        return cls.configure(f"{name}.yaml", "theft/entities.jsonl", alerts=f"{name}.jsonl",
                             prefix=own_prefix(f"-{name}"),
                             more=f"  history: {name}.sqlite\n{detection}")

    @classmethod
    def replayed(cls, name):
        """A run of the configuration, or of a new one; what it said."""
        if not (cls.folder / f"{name}.yaml").exists():
            cls.config(name)
        return cls.call("run", "--config", f"{name}.yaml", "--replay", "theft/capture.pcap")

    def setUp(self):
        self.skip_unless_dpdk(self.first)
        self.expect(self.first, OK)

    @classmethod
    def lines_of(cls, name):
        path = cls.folder / name
        return json_lines(path.read_text(encoding="utf-8")) if path.exists() else []

    @classmethod
    def incidents_of(cls, name):
        return {line["mimir"]["incident"]["id"]: line["mimir"]["incident"]["dedup_key"]
                for line in cls.lines_of(name) if line["mimir"]["kind"] != "notice"}

    def allow(self, *words, history="first.sqlite", code=OK):
        answer = self.call("policy", "allow", "--history", history, *BECAUSE, *words)
        self.expect(answer, code)
        return answer

    def preview(self, *words, **other):
        return json.loads(self.allow("--json", *words, **other).stdout)

    def whole(self, preview):
        return {each["id"] for each in preview["incidents"] if each["whole"]}

    def compare_with_a_run(self, name, previewed):
        """The appliance with these suppressions tells of all but those, and remembers all."""
        self.expect(self.replayed(name), OK)
        told = self.incidents_of(f"{name}.jsonl")
        self.assertEqual(told, {one: key for one, key in self.told.items()
                                if one not in previewed})
        rows = {row[0]: row[1] for row in self.rows(name, "SELECT id, told FROM incidents")}
        self.assertEqual({one for one, is_told in rows.items() if not is_told}, previewed)
        self.assertEqual(rows.keys(), self.told.keys())
        # Windows are what they are, whatever is told of them.
        windows = "SELECT granularity_s, begin_ns, score, alarm, detail FROM windows ORDER BY 1, 2"
        self.assertEqual(self.rows(name, windows), self.rows("first", windows))

    def rows(self, name, query):
        with sqlite3.connect(f"file:{self.folder}/{name}.sqlite?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def test_what_is_previewed_is_what_a_run_holds_back(self):
        self.config("path")
        words = ["--config", "path.yaml", "--write"]
        # One edge of two is not the path: nothing is held back, and what is missing is said.
        half = self.preview("--from", "user-db", "--to", "user", *words)
        self.assertEqual((half["incidents"], half["written"]), ([], True))
        self.assertIn("its path has also user -> outside",
                      [each["lacks"] for each in half["near"] if each["dedup_key"] == KEY])
        self.compare_with_a_run("path", set())
        for left in ["path.jsonl", "path.sqlite", "path.sqlite-wal", "path.sqlite-shm"]:
            (self.folder / left).unlink(missing_ok=True)
        both = self.preview("--from", "user", "--to", "outside", *words)
        previewed = self.whole(both)
        self.assertEqual(previewed, {one for one, key in self.told.items() if key == KEY})
        self.assertTrue(previewed)
        self.compare_with_a_run("path", previewed)
        # What the alarms of the windows are, counted by hand.
        alarms = {}
        for granularity_s, detail in self.rows(
                "first", "SELECT granularity_s, detail FROM windows WHERE alarm"):
            counts = alarms.setdefault(granularity_s, [0, 0])
            counts[0] += 1
            counts[1] += json.loads(detail)["path"] == PATH
        self.assertEqual({each["granularity_s"]: [each["all"], each["covered"]]
                          for each in both["alarms"] if each["detector"] == "exfiltration"},
                         alarms)
        edges = {}
        for granularity_s, detail in self.rows("first",
                                               "SELECT granularity_s, detail FROM windows"):
            edges[granularity_s] = edges.get(granularity_s, 0) + any(
                (edge["src"], edge["dst"]) == ("user", "outside")
                for edge in json.loads(detail)["edges"])
        self.assertEqual({each["granularity_s"]: each["windows"] for each in both["edges"]
                          if (each["src"], each["dst"]) == ("user", "outside")}, edges)
        # The history of the second run, which was not told, counts the entries' work.
        used = json.loads(self.must("policy", "allow", "--list", "--json", "--config", "path.yaml",
                                    "--history", "path.sqlite"))["suppressions"]
        total = sum(counts[1] for counts in alarms.values())
        self.assertEqual([(each["alarms"], each["incidents"]) for each in used],
                         2 * [(total, len(previewed))])
        again = self.call("policy", "allow", "--history", "path.sqlite", *BECAUSE, "--from",
                          "user", "--to", "outside", "--config", "path.yaml")
        self.expect(again, OK, "detection.suppress[1] allows the same until",
                    "more are held back by what is in force")
        self.expect(self.call("policy", "allow", "--history", "path.sqlite", *BECAUSE, "--from",
                              "user", "--to", "outside", *words), USAGE,
                    "detection.suppress[1] allows the same until", "hint: change its until")

    def test_findings_of_a_detector_are_previewed_alike(self):
        self.config("scan")
        preview = self.preview("--from", "carts", "--detector", "any", "--config", "scan.yaml",
                               "--write")
        previewed = self.whole(preview)
        self.assertTrue(previewed)
        self.assertEqual({self.told[one].split("|")[0] for one in previewed}
                         - {"port_scan", "host_sweep"}, set())
        self.compare_with_a_run("scan", previewed)

    def test_an_entry_ends_in_packet_time(self):
        rows = self.rows("first", "SELECT end_ns FROM windows WHERE alarm ORDER BY end_ns")
        middle_s = rows[len(rows) // 2][0] // 10**9 // 60 * 60
        ends = f"{{until: '{self.utc(middle_s)}', reason: x, detector: exfiltration, "
        self.config("until", "detection:\n  suppress:\n"
                    f"    - {ends}source: user-db, target: user}}\n"
                    f"    - {ends}source: user, target: outside}}\n")
        answer = self.replayed("until")
        self.expect(answer, OK)
        self.assertRegex(answer.stderr, r"expired  [1-9]\d* alerts that a suppression covered")
        thefts = [line["mimir"]["window"]["end"] for line in self.lines_of("until.jsonl")
                  if line["mimir"]["incident"]["dedup_key"] == KEY]
        self.assertTrue(thefts)
        self.assertGreater(min(thefts), self.utc(middle_s)[:19])
        listed = self.call("policy", "allow", "--list", "--config", "until.yaml", "--history",
                           "until.sqlite")
        self.assertEqual(len(re.findall(r"  ENDED \d+ s ago ", listed.stdout)), 2)
        self.assertRegex(listed.stdout, r"has matched [1-9]\d* alarms of 1 incidents, the last at "
                         r"\S+; since it ended, [1-9]\d* more\n")
        self.assertIn("detection.suppress[0] has ended at",
                      self.call("policy", "allow", "--history", "first.sqlite", *BECAUSE, "--from",
                                "carts", "--to", "outside", "--config", "until.yaml").stderr)
        self.expect(self.call("policy", "allow", "--history", "first.sqlite", "--from", "carts",
                              "--to", "outside", "--reason", "x", "--expires", "2020-01-01"),
                    USAGE, "it has ended before the newest window")

    @staticmethod
    def utc(second):
        with sqlite3.connect(":memory:") as database:
            return database.execute("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch')",
                                    (second,)).fetchone()[0]

    def test_an_attack_is_not_allowed_by_oversight(self):
        self.write("both.yaml", "# of ours\nsuppress:\n  - {detector: exfiltration, source: user, "
                   "target: outside, until: 2027-01-01, reason: hooks}   # till then\n")
        labelled = self.folder / "labelled.sqlite"
        with sqlite3.connect(self.folder / "first.sqlite") as source, \
                sqlite3.connect(labelled) as copy:
            source.backup(copy)
        theft = next(one for one, key in self.told.items() if key == KEY)
        words = ["--from", "user-db", "--to", "user", "--suppressions", "both.yaml"]
        before = (self.folder / "both.yaml").read_text(encoding="utf-8")
        self.must("alert", "label", "--history", "labelled.sqlite", theft, "--malicious",
                  "--reason", "it was one")
        for more in [[], ["--write"]]:
            answer = self.allow(*words, *more, history="labelled.sqlite", code=DATA)
            self.expect(answer, DATA, f"ATTACK: {theft} was labelled malicious (it was one)",
                        "--hide-malicious")
        self.assertEqual((self.folder / "both.yaml").read_text(encoding="utf-8"), before)
        answer = self.allow(*words, "--write", "--hide-malicious", history="labelled.sqlite")
        self.expect(answer, OK, f"warning: ATTACK: {theft}", "written   both.yaml: {detector")
        after = (self.folder / "both.yaml").read_text(encoding="utf-8")
        self.assertTrue(after.startswith(before))
        self.assertRegex(after[len(before):], r'\A  - \{detector: exfiltration, source: "user-db", '
                         r'target: "user", until: "\S+Z", reason: "nightly export"\}\n\Z')

    def test_without_write_it_prints_what_to_add_and_changes_nothing(self):
        answer = self.allow("--from", "carts", "--to", "nowhere")
        self.assertRegex(answer.stdout, r"\Adetection:\n  suppress:\n    - \{detector: exfiltration"
                         r', source: "carts", target: "nowhere", until: "\S+Z", reason: "nightly '
                         r'export"\}\n\Z')
        self.expect(answer, OK, f"history   {len(self.told)} incidents; ", "windows of 10 s from",
                    f"incidents 0 of {len(self.told)} would not have been told",
                    "edge      no window has it", "  near    carts -> ")
        self.write("only.yaml", answer.stdout)
        self.expect(self.call("policy", "allow", "--list", "--config", "only.yaml", "--history",
                              "first.sqlite"), OK)

    def test_what_is_missing_is_said(self):
        words = ["policy", "allow", "--history", "first.sqlite"]
        self.expect(self.call(*words, "--from", "a", "--to", "b"), USAGE, "needs a reason",
                    'hint: give --reason "nightly export"', "for ever is forgotten",
                    "hint: give --expires 30d")
        words += ["--reason", "x", "--expires"]
        self.expect(self.call(*words, "soon", "--from", "a", "--to", "b"), USAGE,
                    "--expires: `soon` is no time")
        self.expect(self.call(*words, "30d", "--from", "a"), USAGE,
                    "exfiltration is allowed for an edge between two services")
        self.expect(self.call(*words, "30d", "--detector", "any"), USAGE,
                    "neither source nor target is given")
        self.expect(self.call(*words, "30d", "--from", "a", "--to", "b", "--write"), USAGE,
                    "--write needs the file")
        self.expect(self.call("policy", "allow", "--from", "a", "--to", "b", *BECAUSE), USAGE,
                    "give --history FILE")
        self.expect(self.call("policy", "allow", "--history", "none.sqlite", *BECAUSE), DATA,
                    "No such file or directory")
        self.write("flow.yaml", "suppress: [{source: a, until: 2026-12-31, reason: x}]\n")
        self.expect(self.call(*words, "30d", "--from", "a", "--to", "b", "--write",
                              "--suppressions", "flow.yaml"), USAGE,
                    "flow.yaml: error: its suppressions are written in a form that cannot be added")

    def test_offline_the_same_is_held_back(self):
        self.write("score.yaml", "suppress:\n" + "".join(
            f"  - {{detector: exfiltration, source: {source}, target: {target}, until: 2027-01-01, "
            "reason: x}\n" for source, target in zip(PATH, PATH[1:])))
        scored = json_lines(self.must("score", "theft/capture.pcap", "--model", "shop.mimir",
                                      "--entities", "theft/entities.jsonl", "--suppress",
                                      "score.yaml"))
        self.assertEqual({line["mimir"]["incident"]["id"] for line in scored},
                         {one for one, key in self.told.items() if key != KEY})


if __name__ == "__main__":
    main()
