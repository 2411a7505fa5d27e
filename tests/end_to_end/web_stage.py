# SPDX-License-Identifier: Apache-2.0
"""A browser, and an appliance that says what a test wants: the page as the real one serves it,
with its headers, over answers that are made up."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import random
import shutil
import threading
import time
import unittest
import urllib.request

from mimir_case import PATIENCE_S

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None

START_S = 1767571200  # 2026-01-05, midnight
HOSTILE = ['<img src=x onerror="window.taken=1">', "__proto__", '"];window.taken=1//',
           "constructor", "<script>window.taken=1</script>", "\u202eevitagen", "x" * 300, "a>b",
           "${window.taken=1}"]


def open_browser(folder, width=1440, height=900):
    """Chromium, driven as a user would; skips where it is not."""
    driver = shutil.which("chromedriver")
    if webdriver is None or driver is None or shutil.which("chromium") is None:
        raise unittest.SkipTest("chromium, chromium-driver or python3-selenium is not installed")
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--force-device-scale-factor=1", "--disable-background-networking",
                     "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                     f"--user-data-dir={folder}", f"--window-size={width},{height}"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service(driver), options=options)
    browser.set_page_load_timeout(PATIENCE_S)
    browser.set_script_timeout(PATIENCE_S)
    return browser


def until(question, what="it"):
    """What `question` answers, as soon as that is not false; it may fail until then."""
    deadline = time.monotonic() + PATIENCE_S
    last = None
    while time.monotonic() < deadline:
        try:
            answer = question()
            if answer:
                return answer
        except Exception as error:  # pylint: disable=broad-except
            last = error
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come true: {last}")


def edge(source, target, size, expected=None, on_path=False):
    """As the API has it; `expected` None: never seen in training."""
    known = expected is not None
    return {"src": source, "dst": target, "bytes": size, "packets": 1 + size // 500,
            "expected_bytes": expected or 0, "p99_bytes": 2 * (expected or 0),
            "excess": size / (2 * expected) if known else 1e6, "seen_in_training": known,
            "on_path": on_path}


def window(number, edges, alert=False, length=10):
    begin = START_S + number * length
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(begin))
    return {"begin_s": begin, "begin": stamp, "granularity_s": length, "partial": False,
            "has_data": True, "alert": alert, "score": 1.1 if alert else 0.1, "threshold": 0.5,
            "packets": 20000, "bytes": sum(one["bytes"] for one in edges), "loss_ratio": 0.25,
            "mapped_bytes_ratio": 1.0, "kept_flows_ratio": 1.0,
            "capture": {"received": 20000, "counted": 15000,
                        "dropped": {"truncated": 3000, "flow_table_full": 2000},
                        "loss_ratio": 0.25, "mapped_bytes_ratio": 1.0},
            "edges": sorted(edges, key=lambda one: -one["excess"]),
            "contributions": [{"feature": f"bytes({one['src']}>{one['dst']})", "granularity_s": 10,
                               "observed": one["bytes"], "expected": one["expected_bytes"],
                               "spread": 1.0, "z": 3.0, "weight": 0.5, "contribution": 0.1}
                              for one in edges[:8]]}


def status(**more):
    return {"version": "0", "started": "2026-01-05T00:00:00.000000+0000", "listening": True,
            "replay": False, "services": 3,
            "model": {"name": "m", "sha256": "", "observation": "mirror",
                      "sensitive_service": "db"},
            "ports": [{"device": "p0", "link_up": True, "link_losses": 0, "received": 9,
                       "missed": 0, "errors": 0, "no_buffer": 0}],
            "workers": [{"ring_records": 1, "ring_records_max": 2, "ring_capacity": 8}],
            "packets": {"received": 100, "counted": 90, "counted_bytes": 9000, "out_of_order": 0,
                        "dropped": {"not_ip": 10}, "balances": True},
            "lost_at_ports": 0,
            "records": {"written": 5, "delivered": 5, "lost_ring_full": 0, "packets_lost": 0,
                        "balances": True},
            "facts": {"written": 0, "lost": 0, "delivered": 0, "balances": True},
            "windows": [{"granularity_s": 10, "complete": 1, "partial": 0, "without_data": 0,
                         "alerts": 0}],
            "incidents": {"opened": 0, "open": 0, "records_written": 0}, **more}


def bytes_text(value):
    """Three digits, as the page has them."""
    for unit in ["B", "kB", "MB", "GB"]:
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    digits = 0 if value >= 100 or unit == "B" else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def incident_record(name, state, of, count, summary):
    """A record of an incident that began with window 1, told of a window."""
    last = window((of["begin_s"] - START_S) // 10 + 1, [])["begin"]
    return {"timestamp": last, "event_type": "alert",
            "alert": {"signature": summary, "severity": 1, "metadata": {}},
            "mimir": {"kind": "exfiltration", "path": ["db", "outside"],
                      "window": {"start": of["begin"], "end": last, "granularity_s": 10},
                      "explanation": {"summary": summary, "contributions": []},
                      "incident": {"id": name, "state": state, "count": count,
                                   "first_seen": window(1, [])["begin"], "last_seen": last}}}


def large_windows(services=1000, edges=5000, count=3, seed=1):
    """Windows of a large cluster; in the last, data leave by a path through three services."""
    names = [f"service-{number:04}" for number in range(services - 2)] + ["db", "outside"]
    draw = random.Random(seed)
    pairs = set()
    while len(pairs) < edges - 2:
        source, target = draw.sample(names, 2)
        pairs.add((source, target))
    usual = [edge(*pair, size, size) for pair in sorted(pairs)
             for size in [draw.randrange(1000, 1_000_000)]]
    theft = [edge("db", names[7], 2_000_000, on_path=True),
             edge(names[7], "outside", 1_900_000, on_path=True)]
    keep = [one for one in usual if (one["src"], one["dst"]) not in
            {(one["src"], one["dst"]) for one in theft}]
    return [window(number, keep + (theft if number == count - 1 else []),
                   alert=number == count - 1) for number in range(count)]


class Stage:
    """Serves the page of the appliance at `port`, and below /api/v1/ what it is told to."""

    def __init__(self, port, status_json, windows, alerts=(), token="", kept=0):
        self.port = port
        self.kept = kept  # how many windows memory has, the last; 0: all
        self.status, self.windows, self.alerts = status_json, windows, list(alerts)
        self.token = token
        self.is_gone = False
        stage = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

            def do_GET(self):  # pylint: disable=invalid-name
                stage.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        # A connection that the browser holds open would still be served.
        self.is_gone = True
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        if self.is_gone:
            request.close_connection = True
            return
        path, _, query = request.path.partition("?")
        if path.startswith("/api/"):
            wanted = f"Bearer {self.token}"
            is_known = not self.token or request.headers.get("Authorization") == wanted
            code, body = self.api(path, query) if is_known else (401, {})
            headers = {"Content-Type": "application/json"}
            text = json.dumps(body).encode()
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
            with contextlib.closing(connection):
                connection.request("GET", path)
                answer = connection.getresponse()
                code, text = answer.status, answer.read()
                headers = {name: answer.headers[name] for name in
                           ["Content-Type", "Content-Security-Policy", "X-Content-Type-Options"]}
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        with contextlib.suppress(BrokenPipeError):
            request.wfile.write(text)

    def api(self, path, query):
        name = path.removeprefix("/api/v1/")
        asked = {key: int(value) for key, _, value in
                 (pair.partition("=") for pair in query.split("&") if pair)}
        if name == "status":
            return 200, self.status
        if name == "alerts":
            return 200, {"alerts": self.alerts[-asked["limit"]:]}
        if name == "windows":
            # Who names no span has what memory keeps.
            kept = self.windows if "from" in asked or "to" in asked else (
                self.windows[-self.kept:])
            short = [{key: value for key, value in one.items()
                      if key not in ("edges", "contributions", "capture")} for one in kept
                     if asked.get("from", 0) <= one["begin_s"] < asked.get("to", 10**10)]
            return 200, {"windows": short[-asked["limit"]:]}
        for one in self.windows:
            if name == f"windows/{one['granularity_s']}/{one['begin_s']}":
                return 200, one
        return 404, {"error": "no such window"}


def asked_of(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as answer:
        return json.load(answer)


def save_screenshot(browser, name):
    """Where somebody wants to look at them: MIMIR_SCREENSHOTS names a folder."""
    folder = os.environ.get("MIMIR_SCREENSHOTS")
    if folder:
        browser.save_screenshot(str(pathlib.Path(folder) / f"{name}.png"))
