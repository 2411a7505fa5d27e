#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a running appliance tells by HTTP, asked by clients that are not ours: Python's, and
Prometheus with its linter. It listens to a device that brings no packets."""

import contextlib
import http.client
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import time
import unittest
import urllib.request

from mimir_case import OK, PATIENCE_S, USAGE, Appliance, MimirCase, main

TREE = pathlib.Path(__file__).resolve().parents[2]
QUIET_DEVICE = "net_null0,no-rx=1"
LOOPBACK = "http:\n  listen: 127.0.0.1:0\n"
CONNECTION_MAX = 64
HEADER_BYTES_MAX = 8192


class Http(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        # Some metrics are there only while a candidate judges too.
        shutil.copy(cls.folder / "shop.mimir", cls.folder / "shop.mimir.candidate")
        config = cls.configure("http.yaml", "benign/entities.jsonl", QUIET_DEVICE, more=LOOPBACK)
        cls.appliance = Appliance(cls, config)
        cls.addClassCleanup(cls.appliance.__exit__)
        if not cls.appliance.wait_until_listening():
            if os.geteuid() != 0:
                raise unittest.SkipTest(f"DPDK cannot start here: {cls.appliance.stderr}")
            raise AssertionError(cls.appliance.stderr)
        cls.port = cls.port_of(cls.appliance)

    @staticmethod
    def port_of(appliance):
        if not appliance.wait_until_said("told of at"):
            raise AssertionError(appliance.stderr)
        return int(re.search(r"told of at https?://[^:]+:(\d+)", appliance.stderr)[1])

    def ask(self, path, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers

    def test_health_and_readiness(self):
        self.assertEqual(self.ask("/healthz")[:2], (200, "ok\n"))
        status, text, _ = self.ask("/readyz")
        ready = json.loads(text)
        self.assertEqual(status, 200 if ready["ready"] else 503)
        self.assertEqual(ready["ready"], not ready["reasons"])

    def test_metrics_close_and_are_well_formed(self):
        status, text, headers = self.ask("/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["Content-Type"])
        self.assertIn('mimir_model_info{model="shop"', text)
        self.assertIn("\nmimir_ledgers_balance 1\n", text)
        values = dict(re.findall(r"^(mimir_\S+(?:\{.*\})?) (\S+)$", text, re.MULTILINE))
        results = [float(value) for name, value in values.items()
                   if name.startswith("mimir_packets_total{")]
        self.assertGreater(len(results), 20)  # every reason, though it never came
        self.assertEqual(sum(results), float(values["mimir_packets_received_total"]))
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not installed")
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                 capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_the_operators_page_speaks_of_metrics_and_reasons_that_there_are(self):
        page = (pathlib.Path(__file__).parents[2] / "controlplane/README.md").read_text()
        text = self.ask("/metrics")[1]
        families = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
        named = set(re.findall(r"\bmimir_[a-z_]+", page))
        self.assertGreater(len(named), 15)
        self.assertEqual(named - families, set())
        reasons = set(re.findall(r'mimir_packets_total\{result="(\w+)"\}', text))
        loss = page[page.index("## Loss is not zero"):]
        told = set(re.findall(r"`([a-z_]+)(?:`|\.\.\.`)", "".join(
            line.split("|")[1] for line in loss.splitlines() if line.startswith("| `"))))
        of_ports = {"missed", "no_buffer", "errors"}  # the API's words
        self.assertEqual({one for one in told - of_ports
                          if not any(reason.startswith(one) for reason in reasons)}, set())

    def test_rules_and_dashboard_name_what_there_is(self):
        """A metric that was renamed would make an alert that never comes."""
        _, text, _ = self.ask("/metrics")
        there = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
        rules = (TREE / "config/prometheus/rules.yml").read_text(encoding="utf-8")
        board = json.loads((TREE / "config/grafana/mimir.json").read_text(encoding="utf-8"))
        queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        queries += [variable["query"] for variable in board["templating"]["list"]]
        self.assertGreater(len(queries), 15)
        for where in [rules, *queries]:
            for name in re.findall(r"\bmimir_\w+", where):
                self.assertIn(name, there)
        for where in [rules, *queries]:
            # What a series of a window is called, a quiet link does not say.
            for name, label, value in re.findall(r'\b(mimir_\w+)\{[^}]*\b(\w+)!?="(\w+)"', where):
                if label != "granularity":
                    self.assertRegex(text, rf'(?m)^{name}\{{.*{label}="{value}"')
        for query in queries:
            for label in re.findall(r'[{,](\w+)!?=', query):
                self.assertIn(label, {"instance", "result", "state"})
        self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not installed")
        checked = subprocess.run(["promtool", "check", "rules",
                                  str(TREE / "config/prometheus/rules.yml")],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_a_core_tells_what_it_did(self):
        """A quiet link: polls move, and nothing is busy."""
        def values():
            text = self.ask("/metrics")[1]
            return {name: float(value) for name, value in
                    re.findall(r'^mimir_worker_(\S+) (\S+)$', text, re.MULTILINE)}
        first = values()
        deadline = time.monotonic() + PATIENCE_S
        while (second := values()) == first and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertGreater(second['polls_total{worker="0"}'], first['polls_total{worker="0"}'])
        idle = 'cycles_total{worker="0",state="idle"}'
        self.assertGreater(second[idle], first[idle])
        self.assertEqual(second['cycles_total{worker="0",state="busy"}'], 0)

    def test_root_is_given_up_and_files_are_not_for_others(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give it up")
        config = self.configure("as_nobody.yaml", "benign/entities.jsonl", QUIET_DEVICE,
                                alerts="private.jsonl", prefix=f"mimir-nobody-{os.getpid()}",
                                more=LOOPBACK)
        text = (self.folder / config).read_text(encoding="utf-8")
        self.write(config, text.replace("dataplane:\n", "dataplane:\n  run_as: nobody\n"))
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_said("told of at"), appliance.stderr)
            tasks = pathlib.Path(f"/proc/{appliance.process.pid}/task")
            users = {re.search(r"(?m)^Uid:\t(.*)$", (task / "status").read_text())[1]
                     for task in tasks.iterdir()}
            nobody = pwd.getpwnam("nobody").pw_uid
            self.assertEqual(users, {"\t".join([str(nobody)] * 4)})
            self.assertEqual(appliance.end(), OK, appliance.stderr)
        self.assertEqual((self.folder / "private.jsonl").stat().st_mode & 0o777, 0o640)
        self.write(config, text.replace("dataplane:\n", "dataplane:\n  run_as: no-such-user\n"))
        self.expect(self.call("run", "--config", config), USAGE, "there is no user no-such-user",
                    "useradd --system")

    def test_the_supervisor_is_told_that_it_lives(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.bind(str(self.folder / "notify"))
            supervisor.settimeout(PATIENCE_S)
            own = {"NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "2000000"}
            os.environ.update(own)
            try:
                config = self.configure("notify.yaml", "benign/entities.jsonl", QUIET_DEVICE,
                                        prefix=f"mimir-notify-{os.getpid()}")
                appliance = Appliance(self, config)
            finally:
                for name in own:
                    del os.environ[name]
            with appliance:
                self.assertEqual(supervisor.recv(64), b"READY=1")
                for _ in range(3):
                    self.assertEqual(supervisor.recv(64), b"WATCHDOG=1")
                self.assertEqual(appliance.end(), OK, appliance.stderr)
            heard = supervisor.recv(64)
            while heard == b"WATCHDOG=1":
                heard = supervisor.recv(64)
            self.assertEqual(heard, b"STOPPING=1")

    def test_prometheus_scrapes_it(self):
        if shutil.which("prometheus") is None:
            self.skipTest("prometheus is not installed")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.write("prometheus.yml", "scrape_configs:\n- job_name: mimir\n  scrape_interval: 1s\n"
                   f"  static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]\n")
        server = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
             f"--web.listen-address=127.0.0.1:{port}"], cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(self.query(port, "mimir_listening"), "1")
            self.assertEqual(self.query(port, "up"), "1")
        finally:
            server.terminate()
            server.wait()

    @staticmethod
    def query(port, expression):
        """The value of the one series, as soon as there is one."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/api/v1/query?query={expression}") as answer:
                result = json.load(answer)["data"]["result"]
                if result:
                    return result[0]["value"][1]
            time.sleep(0.2)
        return None

    def test_the_api_says_what_it_has_and_refuses_the_rest(self):
        status = json.loads(self.ask("/api/v1/status")[1])
        self.assertTrue(status["listening"])
        self.assertEqual(status["ports"][0]["device"], "net_null0")
        self.assertEqual([row["granularity_s"] for row in status["windows"]], [10, 60])
        self.assertEqual(json.loads(self.ask("/api/v1/alerts?limit=5")[1]), {"alerts": []})
        for path in ["/nothing", "nothing", "/../../etc/passwd", "/api/v1/windows/10/x",
                     "/api/v1/windows/10/99999999999999999999", "/api/v1/windows/"]:
            code, text, _ = self.ask(path)
            self.assertEqual(code, 404, path)
            self.assertIn("hint", json.loads(text))

    def test_only_reading_and_only_by_a_loopback_name(self):
        self.assertEqual(self.ask("/healthz", "DELETE")[0], 405)
        status, text, headers = self.ask("/healthz", "HEAD")
        self.assertEqual((status, text, headers["Content-Length"]), (200, "", "3"))
        self.assertEqual(self.ask("/metrics", headers={"Host": "evil.example"})[0], 421)
        self.assertEqual(self.ask("/metrics", headers={"Host": "localhost:1"})[0], 200)
        self.assertIn("default-src 'self'", self.ask("/healthz")[2]["Content-Security-Policy"])

    def test_bodies_and_long_headers_are_cut_off(self):
        for request in [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * HEADER_BYTES_MAX,
                        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n123456789",
                        b"\x16\x03\x01garbage\r\n\r\n"]:
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as client:
                client.sendall(request)
                with contextlib.suppress(ConnectionResetError):
                    self.assertNotIn(b"200", client.recv(64))
        self.assertEqual(self.ask("/healthz")[0], 200)

    def test_one_connection_too_many_is_closed_and_the_next_served(self):
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(socket.create_connection(
                ("127.0.0.1", self.port), PATIENCE_S)) for _ in range(CONNECTION_MAX + 1)]
            self.assertEqual(clients[-1].recv(1), b"")
            clients[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b"200 OK", clients[0].recv(4096))
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.assertEqual(self.ask("/healthz")[0], 200)
                return
        self.fail("it answers no more")

    def test_a_token_and_tls(self):
        self.make_certificates("server")
        self.write("token", "s3cret\n")
        config = self.configure(
            "tls.yaml", "benign/entities.jsonl", QUIET_DEVICE, prefix=f"mimir-tls-{os.getpid()}",
            more="http:\n  listen: 0.0.0.0:0\n  token_file: token\n  tls_certificate: server.pem\n"
            "  tls_key: server.key\n")
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
            port = self.port_of(appliance)
            trusting = ssl.create_default_context(cafile=str(self.folder / "server.pem"))
            for token, wanted in [(None, 401), ("s3cre", 401), ("s3crets", 401), ("s3cret", 200)]:
                headers = {} if token is None else {"Authorization": f"Bearer {token}"}
                connection = http.client.HTTPSConnection("localhost", port, context=trusting,
                                                         timeout=PATIENCE_S)
                with contextlib.closing(connection):
                    connection.request("GET", "/metrics", headers=headers)
                    self.assertEqual(connection.getresponse().status, wanted, token)
            # A browser has no token before the page has asked for it; nothing else is told.
            for path, wanted in [("/", 200), ("/dashboard.js", 200), ("/api/v1/status", 401),
                                 ("/nothing", 401), ("/healthz", 401), ("//", 401)]:
                connection = http.client.HTTPSConnection("localhost", port, context=trusting,
                                                         timeout=PATIENCE_S)
                with contextlib.closing(connection):
                    connection.request("GET", path)
                    self.assertEqual(connection.getresponse().status, wanted, path)
            with self.assertRaises((OSError, http.client.HTTPException)):
                plain = http.client.HTTPConnection("localhost", port, timeout=PATIENCE_S)
                with contextlib.closing(plain):
                    plain.request("GET", "/metrics")
                    plain.getresponse()
            self.assertNotIn("s3cret", appliance.stderr)
            self.assertEqual(appliance.end(), OK)

    def test_the_page_tells_what_it_saw_where_there_is_nothing_to_show(self):
        for path, kind in [("/", "text/html"), ("/dashboard.js", "text/javascript"),
                           ("/dashboard.css", "text/css"), ("/graph.js", "text/javascript"),
                           ("/mark.svg", "image/svg+xml"),
                           ("/cytoscape.min.js", "text/javascript")]:
            status, text, headers = self.ask(path)
            self.assertEqual(status, 200, path)
            self.assertTrue(headers["Content-Type"].startswith(kind), path)
            self.assertNotIn("http://", text if path == "/" else "")  # it needs no other server
        browser = shutil.which("chromium")
        if browser is None:
            self.skipTest("chromium is not installed: the page's code was not run")
        seen = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--enable-logging=stderr", f"--user-data-dir={self.folder / 'browser'}",
             "--virtual-time-budget=4000", "--dump-dom", f"http://127.0.0.1:{self.port}/"],
            capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        self.assertIn("No window was judged yet; 0 packets in closed windows.", seen.stdout)
        self.assertIn("user-db", seen.stdout)  # the holder of the data
        self.assertIn("ledgers", seen.stdout)
        self.assertEqual(re.findall(r".*CONSOLE.*", seen.stderr), [])

    def test_what_others_could_reach_needs_a_token_and_tls(self):
        self.configure("open.yaml", "benign/entities.jsonl", QUIET_DEVICE,
                       more="http:\n  listen: 0.0.0.0:9478\n")
        self.expect(self.call("run", "--config", "open.yaml"), USAGE, "open.yaml:",
                    "lets other hosts connect, without a token or without TLS")
        self.configure("taken.yaml", "benign/entities.jsonl", QUIET_DEVICE,
                       more=f"http:\n  listen: 127.0.0.1:{self.port}\n")
        self.expect(self.call("run", "--config", "taken.yaml"), USAGE, "cannot listen at",
                    "is another appliance listening there?")


if __name__ == "__main__":
    main()
