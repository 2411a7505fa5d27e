# SPDX-License-Identifier: Apache-2.0
"""What the tests of the executable share: how it is called, what it is given to read.

The environment says where the executable is: MIMIR.
"""

import fcntl
import json
import os
import pathlib
import queue
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

SKIP = 77
EXIT_CODES = OK, DATA, USAGE, MACHINE = 0, 1, 2, 3

SENSITIVE = "user-db"
PATH = ["user-db", "user", "outside"]
# Few people in the shop keep the captures small; training asks for 20 windows of 60 s.
TRAINING = ["--users", "8", "--duration", "20min", "--seed", "1"]

# A machine under load is slow, not wrong: reached only by what hangs.
# A sanitized build takes many times as long.
IS_SLOW = bool(os.environ.get("MIMIR_IS_SLOW"))
PATIENCE_S = 600 if IS_SLOW else 120


def executable():
    path = os.environ.get("MIMIR")
    if not path:
        sys.exit("error: the environment names no executable\n  hint: MIMIR=.build/release/tools/"
                 f"mimir python3 {sys.argv[0]}")
    return os.path.abspath(path)


class MimirCase(unittest.TestCase):
    """A test that calls `mimir` in a folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls.mimir_path = executable()
        temporary = tempfile.TemporaryDirectory(prefix="mimir-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)

    def make_certificates(self, *names):
        """Of localhost, each signed by itself: NAME.pem and NAME.key in the folder."""
        if shutil.which("openssl") is None:
            self.skipTest("openssl is not installed")
        for name in names:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                            "1", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=DNS:localhost", "-keyout", f"{name}.key", "-out",
                            f"{name}.pem"], cwd=self.folder, check=True, capture_output=True)

    @classmethod
    def call(cls, *arguments, before=()):
        """Runs `mimir` to its end; `before` is a command that runs it, such as setpriv."""
        answer = subprocess.run([*before, cls.mimir_path, *map(str, arguments)], cwd=cls.folder,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                check=False, timeout=PATIENCE_S)
        if answer.returncode not in EXIT_CODES:
            raise AssertionError(f"mimir {' '.join(map(str, arguments))} crashed with "
                                 f"{answer.returncode}\n{answer.stderr}")
        return answer

    @classmethod
    def must(cls, *arguments):
        """Standard output of a call that a test is built on."""
        answer = cls.call(*arguments)
        if answer.returncode != OK:
            raise AssertionError(f"mimir {' '.join(map(str, arguments))} ended with "
                                 f"{answer.returncode}\n{answer.stderr}")
        return answer.stdout

    @classmethod
    def simulate(cls, name, *arguments):
        cls.must("simulate", "--out", name, *arguments)

    @classmethod
    def train(cls):
        """A model of a run without thefts: shop.mimir, of benign/. A sanitized build takes a
        minute for it, so that all tests of one executable share it where they are told where."""
        shared = os.environ.get("MIMIR_SHARED")
        if not shared:
            cls.make_model(cls.folder)
            return
        built = os.stat(cls.mimir_path)
        made = pathlib.Path(shared).resolve() / f"{built.st_size}-{built.st_mtime_ns}"
        made.parent.mkdir(parents=True, exist_ok=True)
        with open(made.parent / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                for old in made.parent.iterdir():
                    shutil.rmtree(old, ignore_errors=True)
                half = made.with_suffix(".half")
                half.mkdir()
                cls.make_model(half)
                half.rename(made)
            shutil.copytree(made, cls.folder, dirs_exist_ok=True)

    @classmethod
    def make_model(cls, folder):
        run = folder / "benign"
        cls.simulate(run, *TRAINING)
        cls.must("train", run / "capture.pcap", "--entities", run / "entities.jsonl",
                 "--sensitive", SENSITIVE, "--output", folder / "shop.mimir")

    @classmethod
    def write(cls, name, content):
        path = cls.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    @classmethod
    def configure(cls, name, entities, device="net_null0", alerts="-", model="shop.mimir",
                  prefix="", queues=1, more=""):
        """Writes a configuration; the DPDK prefix is this process's own."""
        cls.write(name, f"""\
dataplane:
  ports: [{{device: "{device}", queues: {queues}}}]
  flow_count_max: 65536
  ipv6_flow_count_max: 1024
  huge_pages: never
  file_prefix: "{prefix or own_prefix()}"
model:
  file: {model}
  entities: {entities}
output:
  alerts: "{alerts}"
{more}""")
        return name

    def expect(self, answer, code, *said):
        """`answer` ended with `code`, and each of `said` is on standard error."""
        self.assertEqual(answer.returncode, code, answer.stderr)
        for text in said:
            self.assertIn(text, answer.stderr)

    def skip_unless_dpdk(self, answer):
        """Root can always start DPDK on a virtual device; others may lack permission."""
        if answer.returncode == MACHINE and os.geteuid() != 0:
            self.skipTest(f"DPDK cannot start here: {answer.stderr.strip()}")


def own_prefix(suffix=""):
    return f"mimir-test-{os.getpid()}{suffix}"


class Appliance:
    """A running `mimir run`. Leaving its `with` block ends it, whatever happened."""

    def __init__(self, case, config, *arguments):
        self.process = subprocess.Popen(
            [case.mimir_path, "run", "--config", config, *arguments], cwd=case.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self._queue = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def _listen(self):
        for line in self.process.stderr:
            self._queue.put(line)
        self._queue.put(None)

    def _next_line(self):
        line = self._queue.get(timeout=PATIENCE_S)
        if line is not None:
            self.lines.append(line)
        return line

    @property
    def stderr(self):
        return "".join(self.lines)

    def wait_until_said(self, text):
        """Whether it says that; False if it ended instead."""
        while (line := self._next_line()) is not None:
            if text in line:
                return True
        self.process.wait(PATIENCE_S)
        return False

    def wait_until_listening(self):
        return self.wait_until_said("listening")

    def end(self):
        """Asks it to end as an administrator would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        while self._next_line() is not None:
            pass
        return self.process.wait(PATIENCE_S)


def pcap_header(link_type=1):
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)


def pcap_packet(frame, seconds=1767571200):
    return struct.pack("<IIII", seconds, 0, len(frame), len(frame)) + frame


def udp_frame(source, destination, payload=b"hello"):
    """An Ethernet frame from port 40000 to port 2000; checksums are not looked at."""
    def octets(address):
        return bytes(map(int, address.split(".")))
    ip_bytes = 20 + 8 + len(payload)
    return (b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00"
            + struct.pack(">BBHHHBBH", 0x45, 0, ip_bytes, 0, 0, 64, 17, 0)
            + octets(source) + octets(destination)
            + struct.pack(">HHHH", 40000, 2000, 8 + len(payload), 0) + payload)


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def main():
    """unittest's, but a program none of whose cases could run says so to meson."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    # A class that is skipped as a whole is one entry of `skipped`, and none of its tests ran.
    sys.exit(SKIP if result.skipped and len(result.skipped) >= result.testsRun else 0)
