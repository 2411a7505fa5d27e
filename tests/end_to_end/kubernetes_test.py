#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who is who as an API server says it, while it misbehaves. The oracle is the server's own
list of objects: whatever came between, the entity log must end with what is there."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest
import urllib.request

from fake_kubernetes import FakeKubernetes, endpoint_slice, node, pod, service
from mimir_case import (DATA, MACHINE, OK, PATIENCE_S, USAGE, Appliance, MimirCase, json_lines,
                        main, udp_frame)

WINDOW_S = 10


def shop(**options):
    """Seven objects: lists have more than one page."""
    fake = FakeKubernetes(**options)
    fake.put("nodes", node("n1", "192.168.7.1"))
    fake.put("services", service("cart", "10.96.0.1", "cart"))
    fake.put("services", service("db", "10.96.0.2", "db"))
    for i in range(4):
        fake.put("pods", pod(f"cart-{i}", f"10.1.0.{i + 1}", "cart"))
    fake.put("endpointslices", endpoint_slice("db", ["cart-3"]))
    fake.put("pods", pod("other", "10.1.9.9", "x", namespace="elsewhere"))
    return fake


def holders(lines):
    """Who holds which address at the end of an entity log: replayed here, not by mimir."""
    held = {}
    for line in lines:
        identity = (line["kind"], line.get("namespace"), line["name"])
        held = {ip: who for ip, who in held.items() if who != identity}
        if line["op"] == "add":
            held.update({ip: identity for ip in line["ips"]})
    return {ip: who[2] for ip, who in held.items()}


class Follower(MimirCase):
    """`mimir entities --follow`, beside a server that is told what to do."""

    def setUp(self):
        self.fake = shop().start()
        self.addCleanup(self.fake.kill)
        self.log = self.folder / f"{self.id()}.jsonl"
        self.process = None
        self.addCleanup(self.end)

    def config(self, scheme="http", more=""):
        # http: on loopback only. https: by name, which the certificate has.
        host = "127.0.0.1" if scheme == "http" else "localhost"
        self.write("kube.yaml",
                   f"kubernetes:\n  api: \"{scheme}://{host}:{self.fake.port}\"\n{more}")
        return "kube.yaml"

    def follow(self, config, env=None):
        self.process = subprocess.Popen(
            [self.mimir_path, "entities", "--config", config, "--follow", "--output",
             str(self.log)], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=open(self.folder / "stderr", "w+", encoding="utf-8"), text=True, env=env)
        self.expect_holders({"10.1.0.1": "cart-0", "192.168.7.1": "n1", "10.96.0.2": "db"})

    def end(self):
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    @property
    def said(self):
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def lines(self):
        return json_lines(self.log.read_text()) if self.log.exists() else []

    def wait_for(self, is_so, what=""):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(json.JSONDecodeError):  # half a line
                if is_so():
                    return
            self.assertIsNone(self.process and self.process.poll(), self.said)
            time.sleep(0.05)
        self.fail(f"{what} did not come: {self.said}\n{self.lines()}")

    def expect_holders(self, wanted):
        """`wanted` has None for addresses that nobody is to hold."""
        def is_so():
            held = holders(self.lines())
            return all(held.get(ip) == who for ip, who in wanted.items())
        self.wait_for(is_so, wanted)

    def test_every_change_is_in_the_log_with_its_service(self):
        self.follow(self.config())
        self.assertEqual(self.fake.list_count("pods"), 2)  # of 3 and 2 objects
        self.fake.put("pods", pod("cart-9", "10.1.0.9", "cart"))
        self.expect_holders({"10.1.0.9": "cart-9"})
        self.fake.put("endpointslices", endpoint_slice("db", ["cart-9"]))
        self.wait_for(lambda: self.lines()[-1].get("service") == "db", "the slice")
        # The address changes hands.
        self.fake.delete("pods", "cart-9")
        self.fake.put("pods", pod("db-0", "10.1.0.9", "db"))
        self.expect_holders({"10.1.0.9": "db-0"})
        times = [line["t"] for line in self.lines()]
        self.assertEqual(times, sorted(times))
        self.assertEqual(self.end(), OK, self.said)
        # What it wrote is what every other command reads.
        answer = self.call("entities", self.log)
        self.expect(answer, OK)
        self.assertEqual(holders(json_lines(answer.stdout)), holders(self.lines()))

    def test_a_log_goes_on_where_the_run_before_ended(self):
        self.follow(self.config())
        before = len(self.lines())
        self.process.kill()
        self.process.wait()
        with self.log.open("a", encoding="utf-8") as log:
            log.write('{"t":1,"op":"ad')  # as a kill in the middle of a line leaves it
        self.fake.delete("pods", "cart-1")
        self.fake.put("pods", pod("cart-7", "10.1.0.7", "cart"))
        self.follow(self.config())
        self.expect_holders({"10.1.0.7": "cart-7", "10.1.0.2": None})
        self.assertEqual([(line["op"], line["name"]) for line in self.lines()[before:]],
                         [("del", "cart-1"), ("add", "cart-7")])
        # And a log that was moved away is begun anew, whole.
        self.log.rename(str(self.log) + ".1")
        self.fake.put("pods", pod("cart-8", "10.1.0.8", "cart"))
        self.expect_holders({"10.1.0.8": "cart-8", "10.1.0.7": "cart-7", "10.96.0.1": "cart"})
        self.assertEqual(oct(self.log.stat().st_mode & 0o777), "0o640")

    def test_the_server_is_killed_and_comes_back(self):
        self.follow(self.config())
        self.fake.kill()
        self.wait_for(lambda: "cannot be reached" in self.said or "broke off" in self.said, "news")
        self.fake.put("pods", pod("meanwhile", "10.1.0.20", "cart"))
        self.fake.start()
        self.expect_holders({"10.1.0.20": "meanwhile", "10.1.0.1": "cart-0"})
        self.assertEqual(self.fake.list_count("pods"), 2, "the watch goes on from its version")
        self.wait_for(lambda: "well again" in self.said, "good news")
        self.assertEqual(self.end(), DATA, self.said)  # it was not always well

    def test_a_version_that_is_gone_is_listed_anew(self):
        for by_event in [False, True]:
            with self.subTest(by_event=by_event):
                if self.process is None:
                    self.follow(self.config())
                self.fake.gone_by_event = by_event
                lists = self.fake.list_count("pods")
                address = f"10.1.0.{30 + by_event}"
                # Nobody is told of these two; the old version is forgotten.
                self.fake.put("pods", pod(f"quiet-{by_event}", address, "cart"), quiet=True)
                with self.fake.lock:
                    del self.fake.objects["pods"][("shop", f"cart-{int(by_event)}")]
                self.fake.forget()
                self.fake.cut()
                self.expect_holders({address: f"quiet-{by_event}",
                                     f"10.1.0.{1 + by_event}": None})
                self.assertGreater(self.fake.list_count("pods"), lists)

    def test_a_bookmark_moves_the_version_on(self):
        self.follow(self.config())
        self.fake.bookmark()
        marked = self.fake.version
        self.wait_for(lambda: self.fake.watch_count("pods") >= 1, "the watch")
        time.sleep(0.5)
        self.fake.cut()
        self.wait_for(lambda: any(
            name == "pods" and int(query.get("resourceVersion", 0)) == marked
            for name, is_watch, query in self.fake.requests if is_watch), "the next watch")

    def test_nonsense_changes_nothing_and_is_listed_away(self):
        self.follow(self.config())
        for wrong in [b"<html>502</html>", b'{"type":"ADDED"}\n', b'{"type":"ADDED","object":3}\n',
                      b'{"type":"ADDED","object":{"metadata":{"name":"', b"\x00\xff\xfe",
                      json.dumps({"type": "MODIFIED", "object": pod("cart-0", "no address", "x")}
                                 ).encode()]:
            with self.subTest(wrong=wrong):
                watches = self.fake.watch_count("pods")
                self.fake.next_bodies["pods"] = wrong
                self.wait_for(lambda: self.fake.watch_count("pods") > watches, "another watch")
        self.fake.put("pods", pod("after", "10.1.0.40", "cart"))
        self.expect_holders({"10.1.0.40": "after", "10.1.0.1": "cart-0", "10.1.0.4": "cart-3"})
        self.assertNotIn("no address", {line["name"] for line in self.lines()})

    def test_refusals_are_said_and_waited_out(self):
        self.follow(self.config())
        for status in [500, 429, 503]:
            self.fake.status_once["pods"] = status
            self.fake.cut()
            self.wait_for(lambda status=status: f": {status} " in self.said, str(status))
        self.fake.put("pods", pod("after", "10.1.0.41", "cart"))
        self.expect_holders({"10.1.0.41": "after"})

    def test_a_token_that_was_replaced_is_used(self):
        self.fake.token = "first-s3cret"
        self.write("token", "first-s3cret\n")
        self.follow(self.config(more="  token_file: token\n"))
        self.fake.token = "second-s3cret"
        self.fake.cut()
        self.wait_for(lambda: "401" in self.said, "401")
        self.write("token.new", "second-s3cret\n").rename(self.folder / "token")
        self.fake.put("pods", pod("after", "10.1.0.50", "cart"))
        self.expect_holders({"10.1.0.50": "after"})
        self.assertNotIn("s3cret", self.said)

    def test_some_namespaces_without_leave_to_list_nodes(self):
        self.fake.forbidden.add("nodes")
        self.follow(self.config(more="  namespaces: [shop]\n"))
        self.assertNotIn("10.1.9.9", holders(self.lines()))  # of another namespace
        # The node is known by its pods, which expect_holders in follow() has seen.
        self.fake.put("pods", pod("cart-9", "10.1.8.1", "cart", namespace="elsewhere"))
        self.fake.put("pods", pod("cart-9", "10.1.0.9", "cart"))
        self.expect_holders({"10.1.0.9": "cart-9", "10.1.8.1": None})

    def certificates(self):
        self.make_certificates("server", "client")
        return {"certificate": (self.folder / "server.pem", self.folder / "server.key"),
                "client_ca": self.folder / "client.pem"}

    def test_tls_by_the_servers_name_with_a_clients_certificate(self):
        self.fake.kill()
        self.fake = shop(**self.certificates()).start()
        self.addCleanup(self.fake.kill)
        own = "  client_certificate: client.pem\n  client_key: client.key\n"
        ask = ["entities", "--patience", "3s", "--config"]
        answer = self.call(*ask, self.config("https", own))
        self.expect(answer, MACHINE, "TLS: ", "certificate verify failed")
        answer = self.call(*ask, self.config("https", "  ca_file: server.pem\n"))
        self.expect(answer, MACHINE, "kubernetes.api")
        wrong_name = self.config("https", own + "  ca_file: server.pem\n")
        text = (self.folder / wrong_name).read_text(encoding="utf-8")
        self.write(wrong_name, text.replace("localhost", "127.0.0.1"))
        self.expect(self.call(*ask, wrong_name), MACHINE, "certificate verify failed")
        self.follow(self.config("https", own + "  ca_file: server.pem\n"))
        self.fake.put("pods", pod("after", "10.1.0.60", "cart"))
        self.expect_holders({"10.1.0.60": "after"})
        self.assertEqual(self.end(), OK, self.said)

    def test_what_cannot_be_is_said_at_once(self):
        for text, said in [
                ("kubernetes:\n  api: 10.0.0.1:6443\n", "is no address of a server"),
                ("kubernetes:\n  api: http://10.0.0.1:6443\n", "is not encrypted"),
                ("kubernetes:\n  api: https://10.0.0.1/\n  client_key: k\n", "go together"),
                ("kubernetes:\n  api: https://10.0.0.1/\n  namespaces: [a/b]\n",
                 "is the name of a namespace"),
                ("kubernetes:\n  api: https://10.0.0.1/\n  token_file: nothing\n",
                 "the token cannot be read"),
                ("kubernetes:\n  api: https://10.0.0.1/\n  ca_file: nothing\n",
                 "no certificates in nothing"),
                ("http:\n  listen: \"\"\n", "kubernetes.api is not given")]:
            self.write("wrong.yaml", text)
            self.expect(self.call("entities", "--config", "wrong.yaml"), USAGE, said)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.write("nobody.yaml",
                       f"kubernetes: {{api: \"http://127.0.0.1:{free.getsockname()[1]}\"}}\n")
            answer = self.call("entities", "--config", "nobody.yaml", "--patience", "1s")
        self.expect(answer, MACHINE, "cannot be reached", "kubectl auth can-i")


class Live(MimirCase):
    """A pod appears while the appliance runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can make a veth pair")
        if shutil.which("ip") is None:
            raise unittest.SkipTest("not installed: ip")
        cls.near, cls.far = (f"mik{os.getpid() % 1000000}{end}" for end in "ab")
        made = subprocess.run(["ip", "link", "add", cls.near, "type", "veth", "peer", "name",
                               cls.far], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise unittest.SkipTest(f"no veth pair can be made: {made.stderr.strip()}")
        cls.addClassCleanup(subprocess.run, ["ip", "link", "delete", cls.near], check=False)
        for end in [cls.near, cls.far]:
            no_ipv6 = pathlib.Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6")
            if no_ipv6.exists():
                no_ipv6.write_text("1", encoding="ascii")
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
        cls.train()
        cls.kubectl = cls.benign_as_objects()

    @classmethod
    def benign_as_objects(cls):
        """The trained cluster as API objects, so that its services have their names."""
        fake = FakeKubernetes()
        state = {}
        for line in json_lines((cls.folder / "benign/entities.jsonl").read_text()):
            state[(line["kind"], line.get("namespace"), line["name"])] = line
        for (kind, namespace, name), line in state.items():
            if line["op"] == "del":
                continue
            thing = {"metadata": {"name": name, "labels": line.get("labels", {})}}
            if namespace:
                thing["metadata"]["namespace"] = namespace
            if kind == "node":
                thing["status"] = {"addresses": [{"type": "InternalIP", "address": ip}
                                                 for ip in line["ips"]]}
                fake.put("nodes", thing)
            elif kind == "service":
                thing["spec"] = {"clusterIPs": line["ips"]}
                fake.put("services", thing)
            else:
                if line.get("owner"):
                    owner, owner_name = line["owner"].split("/")
                    thing["metadata"]["ownerReferences"] = [
                        {"kind": owner, "name": owner_name, "controller": True}]
                thing["spec"] = {"nodeName": line.get("node", "")}
                thing["status"] = {"phase": "Running", "podIPs": [{"ip": ip} for ip in line["ips"]]}
                fake.put("pods", thing)
        return fake

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}",
                                    timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def wait_for_metric(self, line):
        """What is known shows in metrics once a second."""
        deadline = time.monotonic() + PATIENCE_S
        while f"\n{line}\n" not in (text := self.get("/metrics")):
            self.assertLess(time.monotonic(), deadline, text)
            time.sleep(0.2)

    def send(self, source, destination, count=20):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind((self.near, 0))
            for i in range(count):
                wire.send(udp_frame(source, destination, struct.pack(">I", i) * 50))

    def edges_until(self, is_enough):
        """Sends from one pod to another until a window has an edge of that kind."""
        deadline = time.monotonic() + PATIENCE_S
        seen = set()
        while time.monotonic() < deadline:
            self.send("10.244.99.1", self.db_address)
            time.sleep(0.5)
            for window in json.loads(self.get("/api/v1/windows?granularity=10"))["windows"]:
                whole = json.loads(self.get(f"/api/v1/windows/10/{window['begin_s']}"))
                seen |= {(edge["src"], edge["dst"]) for edge in whole["edges"]}
            if is_enough(seen):
                return seen
        self.fail(f"only {seen}")
        return None

    def start(self, name, more):
        config = self.configure(name, '""', f"net_af_packet0,iface={self.far}",
                                prefix=f"mimir-kube-{os.getpid()}",
                                more="http:\n  listen: 127.0.0.1:0\n" + more)
        text = (self.folder / config).read_text(encoding="utf-8")
        self.write(config, text.replace('  entities: ""\n', "  entity_log: live.jsonl\n"))
        appliance = Appliance(self, config)
        self.addCleanup(appliance.__exit__)
        self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
        self.assertTrue(appliance.wait_until_said("told of at"), appliance.stderr)
        self.port = int(appliance.stderr.rsplit(":", 1)[1])
        return appliance

    def test_a_pod_appears_and_its_edge_is_named_by_its_service(self):
        fake = self.kubectl.start()
        self.addCleanup(lambda: fake.is_up and fake.kill())
        self.db_address = next(
            ip["ip"] for (_, name), thing in fake.objects["pods"].items()
            if name.startswith("user-db") for ip in thing["status"]["podIPs"])
        api = f"kubernetes:\n  api: \"http://127.0.0.1:{fake.port}\"\n"
        appliance = self.start("live.yaml", api)
        # Nobody holds the address yet, which is said and is no service.
        before = self.edges_until(lambda seen: ("unknown", "user-db") in seen)
        self.assertNotIn("reporting", {name for edge in before for name in edge})
        namespace = next(where for (where, name) in fake.objects["pods"]
                         if name.startswith("user-db"))
        fake.put("services", service("reporting", "10.96.99.1", "reporting", namespace))
        fake.put("pods", pod("reporting-0", "10.244.99.1", "reporting", namespace))
        self.edges_until(lambda seen: ("reporting", "user-db") in seen)
        self.wait_for_metric(f'mimir_entity_objects{{kind="pod"}} {len(fake.objects["pods"])}')
        self.assertTrue(json.loads(self.get("/readyz"))["ready"])
        # The API goes; the appliance is killed and starts with what the log remembers.
        fake.kill()
        appliance.process.kill()
        appliance.process.wait()
        again = self.start("again.yaml", api)
        self.assertIn("until the API answers", again.stderr)
        self.edges_until(lambda seen: ("reporting", "user-db") in seen)
        metrics = self.get("/metrics")
        self.assertIn('mimir_entity_source_faults_total{source="watch"}', metrics)
        self.assertEqual(again.end(), OK, again.stderr)

    def test_stale_entities_are_stated(self):
        """A file that nobody writes any more: in /readyz, and in an alert."""
        config = self.configure("stale.yaml", "benign/entities.jsonl",
                                f"net_af_packet0,iface={self.far}", alerts="stale.jsonl",
                                prefix=f"mimir-stale-{os.getpid()}",
                                more="http:\n  listen: 127.0.0.1:0\n")
        text = (self.folder / config).read_text(encoding="utf-8")
        self.write(config, text.replace("output:", "  entity_age_max: 1s\noutput:"))
        entities = self.folder / "benign/entities.jsonl"
        os.utime(entities, (time.time() - 1000, time.time() - 1000))
        with Appliance(self, config) as appliance:
            self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
            self.assertTrue(appliance.wait_until_said("told of at"), appliance.stderr)
            self.port = int(appliance.stderr.rsplit(":", 1)[1])
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.get("/readyz")
            reasons = json.load(refused.exception)["reasons"]
            self.assertRegex(" ".join(reasons),
                             r"entities were last updated 10\d\d s ago by file, more than 1 s")
            # A damaged file changes nothing and is said; a good one is taken.
            lines = entities.read_text(encoding="utf-8")
            entities.write_text(lines + "{oops}\n", encoding="utf-8")
            self.assertTrue(appliance.wait_until_said("the last map that was good holds"))
            new = {"t": time.time(), "op": "add", "kind": "pod", "name": "late-0",
                   "namespace": "shop", "ips": ["10.244.99.7"]}
            (self.folder / "new").write_text(lines + json.dumps(new) + "\n", encoding="utf-8")
            (self.folder / "new").rename(entities)
            self.assertTrue(appliance.wait_until_said("well again"), appliance.stderr)
            self.assertIn("services", appliance.stderr)
            os.utime(entities, (time.time() - 1000, time.time() - 1000))
            # A scan is an alert in any case.
            deadline = time.monotonic() + PATIENCE_S
            alerts = []
            while not alerts and time.monotonic() < deadline:
                for port in range(40):
                    self.syn("10.244.99.7", f"10.244.77.{port + 1}", 6379)
                time.sleep(1)
                alerts = json_lines((self.folder / "stale.jsonl").read_text())
            self.assertEqual(appliance.end(), OK, appliance.stderr)
        self.assertTrue(alerts, appliance.stderr)
        self.assertTrue(alerts[0]["mimir"]["entities"]["stale"])
        self.assertGreater(alerts[0]["mimir"]["entities"]["age_s"], 900)

    def syn(self, source, destination, port):
        """A SYN that nobody answers."""
        def octets(address):
            return bytes(map(int, address.split(".")))
        tcp = struct.pack(">HHIIBBHHH", 40000 + port % 1000, port, 1, 0, 0x50, 0x02, 64240, 0, 0)
        ip = (struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + octets(source)
              + octets(destination))
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind((self.near, 0))
            wire.send(b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + tcp)


if __name__ == "__main__":
    main()
