#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts reach those who are told of them, who are real servers that die and come back; and
neither their death nor the appliance's loses what was acknowledged."""

import contextlib
import http.server
import json
import os
import re
import signal
import socket
import ssl
import struct
import threading
import time

from mimir_case import OK, PATIENCE_S, USAGE, Appliance, MimirCase, json_lines, main, own_prefix

QUIET_DEVICE = "net_null0,no-rx=1"
ATTACKS = ["exfil:path=user-db>user>outside,rate=1MB/min,start=60,duration=240",
           "scan:from=user,rate=5,start=60,duration=30",
           "scan:from=payment,rate=5,start=100,duration=30",
           "lateral:path=front-end>payment>orders-db,rate=2kB/min,start=120,duration=60"]
RFC_5424 = re.compile(r"<(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\S+) mimir (\d+) "
                      r"(\S+) - (\{.*\})")
POLL_S = 0.05


def until(holds):
    """Whether it comes to hold."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(POLL_S)
    return False


def without_repetitions(lines):
    """At least once is what is promised."""
    return list(dict.fromkeys(lines))


class StreamPeer:
    """Listens; keeps what comes on connection after connection. It hangs up on the first after
    so many bytes, as one that dies does, and listens no more until `live()` is called."""

    def __init__(self, family, address, hang_up_after=None, context=None):
        self.family, self.address, self.hang_up_after = family, address, hang_up_after
        self.context = context
        self.refusals = []
        self.received = []
        self.died = threading.Event()
        self.listener = None
        self.live()

    def live(self):
        self.listener = socket.socket(self.family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.family == socket.AF_UNIX:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.address)
        self.listener.bind(self.address)
        self.address = self.listener.getsockname()
        self.listener.listen()
        threading.Thread(target=self._serve, args=(self.listener,), daemon=True).start()

    def _serve(self, listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                if self.context:
                    try:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    except ssl.SSLError as error:
                        self.refusals.append(str(error))
                        continue
                self.received.append(b"")
                while data := connection.recv(1 if self.hang_up_after else 65536):
                    self.received[-1] += data
                    if self.hang_up_after and len(self.received[-1]) >= self.hang_up_after:
                        self.hang_up_after = None
                        listener.close()
                        # What it did not read is lost with it: a reset, no orderly end.
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                              struct.pack("ii", 1, 0))
                        connection.close()
                        self.died.set()
                        return
                connection.close()

    def close(self):
        self.listener.close()

    def counted_messages(self):
        """RFC 6587 3.4.1; half a message at the end of a connection is none."""
        messages = []
        for data in self.received:
            while match := re.match(rb"(\d+) ", data):
                end = match.end() + int(match[1])
                if len(data) < end:
                    break
                messages.append(data[match.end():end].decode())
                data = data[end:]
        return messages

    def whole_lines(self):
        return [line.decode() for data in self.received for line in data.split(b"\n")[:-1]]


class DatagramPeer:
    """Reads what comes as it comes: few datagrams wait for a reader."""

    def __init__(self, family, address):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.address = self.socket.getsockname()
        self.received = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                self.received.append(self.socket.recv(65536).decode())

    def take(self, count):
        until(lambda: len(self.received) >= count)
        return self.received


class WebhookPeer:
    """Answers POST with the statuses it is given, then with 204."""

    def __init__(self, port, statuses=(), context=None):
        self.bodies, self.tokens, self.statuses = [], set(), list(statuses)
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status = peer.statuses.pop(0) if peer.statuses else 204
                if status < 300:
                    peer.bodies.append(body)
                peer.tokens.add(self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Output(MimirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train()
        attacks = [word for attack in ATTACKS for word in ("--attack", attack)]
        cls.simulate("attack", "--users", "8", "--duration", "10min", "--seed", "2", *attacks)

    def sinks(self, name, sinks, device="net_null0"):
        """A configuration with these, a spool and a file of its own."""
        text = ", ".join(f"{{name: {sink}, to: \"{to}\"{more}}}" for sink, to, more in sinks)
        return self.configure(f"{name}.yaml", "attack/entities.jsonl", device,
                              alerts=f"{name}.jsonl", prefix=own_prefix(f"-{name}"),
                              more=f"  spool: spool-{name}\n  sinks: [{text}]\n"
                              "http:\n  listen: 127.0.0.1:0\n")

    def replay(self, name, sinks):
        """Plays the attacks; the lines of the file, and what was said."""
        answer = self.call("run", "--config", self.sinks(name, sinks), "--replay",
                           "attack/capture.pcap")
        self.skip_unless_dpdk(answer)
        self.expect(answer, OK)
        lines = (self.folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        self.assertGreater(len(lines), 8)
        return lines, answer.stderr

    def quiet(self, name, sinks):
        """An appliance that hears nothing and has only its spool to tell of."""
        appliance = Appliance(self, self.sinks(name, sinks, QUIET_DEVICE))
        self.addCleanup(appliance.__exit__)
        self.assertTrue(appliance.wait_until_listening(), appliance.stderr)
        return appliance

    def server_context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def check_syslog(self, messages, lines):
        parts = [RFC_5424.fullmatch(message) for message in messages]
        self.assertNotIn(None, parts, messages)
        self.assertEqual([part[6] for part in parts], lines)
        for part in parts:
            line = json.loads(part[6])
            self.assertEqual(int(part[1]), 80 + {1: 2, 2: 4, 3: 5}[line["alert"]["severity"]])
            self.assertEqual(part[2], line["timestamp"].replace("+0000", "Z"))
            self.assertEqual(part[3], socket.gethostname())
            self.assertEqual(part[5], line["mimir"]["kind"])

    def test_all_who_are_there_are_told_all_of_it(self):
        tcp = StreamPeer(socket.AF_INET, ("127.0.0.1", 0))
        unix = StreamPeer(socket.AF_UNIX, str(self.folder / "siem.sock"))
        udp = DatagramPeer(socket.AF_INET6, ("::1", 0))
        log = DatagramPeer(socket.AF_UNIX, str(self.folder / "log"))
        hook = WebhookPeer(0)
        self.addCleanup(hook.close)
        lines, said = self.replay("all", [
            ("tcp", f"syslog+tcp://localhost:{tcp.address[1]}", ""),
            ("unix", f"unix://{unix.address}", ""),
            ("udp", f"syslog+udp://[::1]:{udp.address[1]}", ""),
            ("log", f"syslog+unix://{log.address}", ""),
            ("hook", f"http://127.0.0.1:{hook.port}/alerts", "")])
        self.check_syslog(tcp.counted_messages(), lines)
        self.check_syslog(udp.take(len(lines)), lines)
        self.check_syslog(log.take(len(lines)), lines)
        self.assertTrue(until(lambda: len(unix.whole_lines()) == len(lines)))
        self.assertEqual(unix.whole_lines(), lines)
        self.assertEqual(hook.bodies, lines)
        for sink in ["tcp", "unix", "udp", "log", "hook"]:
            self.assertIn(f"sink     {sink}: given {len(lines)} + found 0 = delivered "
                          f"{len(lines)} + lost 0 + waiting 0\n", said)

    def test_a_syslog_server_that_dies_while_it_reads_gets_all_of_it_in_the_end(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        sinks = [("siem", f"syslog+tcp://127.0.0.1:{port}", "")]
        lines, said = self.replay("dies", sinks)
        self.assertIn(f"waiting {len(lines)}\n", said)
        self.assertEqual(said.count("siem: cannot connect: Connection refused"), 1, said)
        peer = StreamPeer(socket.AF_INET, ("127.0.0.1", port), hang_up_after=20_000)
        self.quiet("dies", sinks)
        self.assertTrue(peer.died.wait(PATIENCE_S))
        time.sleep(1)
        peer.live()

        def told():
            return without_repetitions(
                RFC_5424.fullmatch(message)[6] for message in peer.counted_messages())
        self.assertTrue(until(lambda: len(told()) == len(lines)))
        self.assertEqual(told(), lines)

    def test_a_syslog_server_with_tls_is_verified_and_gets_all_of_it_although_it_dies(self):
        self.make_certificates("siem", "other")
        peer = StreamPeer(socket.AF_INET, ("127.0.0.1", 0), 20_000, self.server_context("siem"))
        port = peer.address[1]
        lines, said = self.replay("tls", [
            ("siem", f"syslog+tls://localhost:{port}", ", ca_file: other.pem")])
        self.assertEqual(peer.received, [], "a stranger was told")
        self.assertTrue(peer.refusals)
        self.assertIn(f"waiting {len(lines)}\n", said)
        self.assertIn("certificate", said)
        # Its certificate is that of a name.
        appliance = self.quiet("tls", [
            ("siem", f"syslog+tls://127.0.0.1:{port}", ", ca_file: siem.pem")])
        self.assertTrue(until(lambda: peer.received))
        appliance.end()
        self.assertIn("matches target host name '127.0.0.1'", appliance.stderr)
        self.assertEqual(b"".join(peer.received), b"", "somebody else's certificate was taken")
        self.quiet("tls", [("siem", f"syslog+tls://localhost:{port}", ", ca_file: siem.pem")])
        self.assertTrue(peer.died.wait(PATIENCE_S))
        time.sleep(1)
        peer.live()

        def told():
            return without_repetitions(peer.counted_messages())
        self.assertTrue(until(lambda: len(told()) == len(lines)))
        self.check_syslog(told(), lines)

    def test_a_webhook_is_verified_and_tried_until_it_takes_it(self):
        self.make_certificates("server", "stranger")
        self.write("token", "s3cret\n")
        context = self.server_context("server")
        peer = WebhookPeer(0, [503, 429, 500, 413], context)
        port = peer.port
        lines, said = self.replay("hook", [
            ("hook", f"https://localhost:{port}/", ", token_file: token, ca_file: stranger.pem")])
        self.assertEqual(peer.bodies, [], "a stranger was told")
        self.assertIn(f"waiting {len(lines)}\n", said)
        self.assertIn("certificate", said)
        right = [("hook", f"https://localhost:{port}/", ", token_file: token, ca_file: server.pem")]
        appliance = self.quiet("hook", right)
        self.assertTrue(until(lambda: len(peer.bodies) >= 3))
        peer.close()
        again = WebhookPeer(port, context=context)
        self.addCleanup(again.close)
        self.assertTrue(until(
            lambda: len(without_repetitions(peer.bodies + again.bodies)) == len(lines) - 1))
        self.assertEqual(without_repetitions(peer.bodies + again.bodies), lines[1:],
                         "the first was refused with 413")
        self.assertEqual(peer.tokens, {"Bearer s3cret"})
        appliance.end()
        self.assertNotIn("s3cret", appliance.stderr)
        self.assertRegex(appliance.stderr, r"= delivered \d+ \+ lost 1 \+ waiting 0 \(refused 1,")

    def test_a_kill_loses_nothing_that_was_acknowledged(self):
        sock = self.folder / "killed.sock"
        sinks = [("siem", f"unix://{sock}", "")]
        config = self.sinks("kill", sinks)
        appliance = Appliance(self, config, "--replay", "attack/capture.pcap")
        self.addCleanup(appliance.__exit__)
        spool = self.folder / "spool-kill" / "siem"

        def acknowledged():
            return [line for segment in sorted(spool.glob("*.jsonl"))
                    for line in segment.read_text(encoding="utf-8").split("\n")[:-1]]
        has_some = until(lambda: len(acknowledged()) >= 3 or appliance.process.poll() is not None)
        appliance.process.send_signal(signal.SIGKILL)
        appliance.process.wait()
        if not acknowledged() and os.geteuid() != 0:
            self.skipTest("DPDK cannot start here")
        self.assertTrue(has_some)
        lines = acknowledged()
        peer = StreamPeer(socket.AF_UNIX, str(sock))
        self.quiet("kill", sinks)
        self.assertTrue(until(lambda: len(peer.whole_lines()) == len(lines)))
        self.assertEqual(peer.whole_lines(), lines)
        json_lines("\n".join(lines))

    def test_the_file_is_opened_anew_after_sighup(self):
        appliance = self.quiet("hup", [])
        path = self.folder / "hup.jsonl"
        path.rename(self.folder / "hup.jsonl.1")
        appliance.process.send_signal(signal.SIGHUP)
        self.assertTrue(until(path.exists))
        self.assertEqual(appliance.end(), OK)

    def test_what_cannot_be_is_refused_with_its_place(self):
        config = self.sinks("bad", [("Siem", "syslog+tcp://siem", "")])
        answer = self.call("run", "--config", config)
        self.expect(answer, USAGE, "bad.yaml:13:18: error: output.sinks[].name is no name",
                    "output.sinks[].to is none of the targets")
        config = self.sinks("open", [("hook", "http://siem.example/", ", token_file: token")])
        self.expect(self.call("run", "--config", config), USAGE,
                    "output.sinks[].token_file would be sent where others can read it")


if __name__ == "__main__":
    main()
