# SPDX-License-Identifier: Apache-2.0
"""What a command costs: CPU seconds and peak memory, its descendants included.

A small process stands between: it adopts what the command leaves behind (a meter may fork and
end before its children), waits for all of them and reports the sum. The kernel hands the peak of
the process that starts a command on to that command, so no peak below its own can be seen;
`memory_floor` measures it.

usage (by run() alone): measure.py REPORT-DESCRIPTOR COMMAND...
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36


class Cost(NamedTuple):
    exit_code: int
    cpu_seconds: float   # user and system, all processes
    wall_seconds: float
    peak_bytes: int      # of the greatest process


class TooLong(Exception):
    pass


def run(command, stdout, stderr, seconds_max):
    """The Cost; OSError if it cannot be started, TooLong if it was stopped."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as report:
        # A session of its own: what takes too long is stopped with its children.
        process = subprocess.Popen([sys.executable, "-I", "-S", __file__, str(writing), *command],
                                   stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                   pass_fds=(writing,), start_new_session=True)
        os.close(writing)
        try:
            process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise TooLong(f"stopped after {seconds_max} s") from None
        text = report.read()
    if not text:
        raise OSError(f"cannot start {command[0]}")
    return Cost(**json.loads(text))


def memory_floor():
    with open(os.devnull, "wb") as sink:
        return run(["true"], sink, sink, 60).peak_bytes


def main():
    report, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(report, False)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    exit_code, cpu_seconds, peak_kib = 0, 0.0, 0
    while True:
        try:
            # wait4 has what each child used and what it waited for itself.
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        if pid == child:
            exit_code = os.waitstatus_to_exitcode(status)
        cpu_seconds += usage.ru_utime + usage.ru_stime
        peak_kib = max(peak_kib, usage.ru_maxrss)
    cost = Cost(exit_code, cpu_seconds, time.monotonic() - start, 1024 * peak_kib)
    os.write(report, json.dumps(cost._asdict()).encode())


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
