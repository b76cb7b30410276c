"""Runs all commands of testinfra in one Python process of the machine: a new SSH session for each is slow on an emulated machine."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from testinfra.backend.ssh import SshBackend

# Each input line is a command as a JSON string; each output line is a JSON array: exit code, stdout, stderr (Latin-1).
SERVER = """
import json, subprocess, sys
for line in sys.stdin:
    done = subprocess.run(["/bin/sh", "-c", json.loads(line)], stdin=subprocess.DEVNULL, capture_output=True)
    answer = [done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1")]
    print(json.dumps(answer), flush=True)
"""

servers: dict[str, subprocess.Popen] = {}

# Standard input, saved before pytest replaces it. A line on it means that the tests may run.
signal = os.dup(0)
cleared = False


def wait_until_clear() -> None:
    global cleared
    if not cleared and not os.read(signal, 1):
        pytest.exit("the process that started pytest has ended", 2)
    cleared = True


def serve(backend: SshBackend) -> subprocess.Popen:
    """The server on the machine of a backend. It is started at the first command."""
    python = backend.quote("/usr/bin/python3 -c %s", SERVER)
    words, values = backend._build_ssh_command(python)
    line = backend.quote(" ".join(words), *values)
    if line not in servers:
        servers[line] = subprocess.Popen(line, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return servers[line]


def run(self: SshBackend, command: str, *args, **kwargs):
    """Like the original method, but in the server. If the machine has no Python, calls the original method."""
    line = self.get_command(command, *args)
    server = serve(self)
    wait_until_clear()
    try:
        server.stdin.write(json.dumps(line).encode() + b"\n")
        server.stdin.flush()
        answer = server.stdout.readline()
    except BrokenPipeError:
        answer = b""
    if not answer:
        return self.run_ssh(line)
    code, out, err = json.loads(answer)
    return self.result(code, self.encode(line), out.encode("latin-1"), err.encode("latin-1"))


def pytest_configure(config) -> None:
    made = SshBackend.__init__

    def make(self: SshBackend, *args, **kwargs) -> None:
        made(self, *args, **kwargs)
        # testinfra 10.2 has this option but does not pass it to the backend.
        self.ssh_extra_args = config.option.ssh_extra_args

    SshBackend.__init__ = make
    SshBackend.run = run


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session) -> None:
    """Called after pytest has collected the tests. Starts the servers, so that the time of the first test does not include the start."""
    for item in session.items:
        host = item.callspec.params.get("_testinfra_host") if hasattr(item, "callspec") else None
        if isinstance(getattr(host, "backend", None), SshBackend):
            serve(host.backend)
    wait_until_clear()


def pytest_unconfigure(config) -> None:
    for server in servers.values():
        server.stdin.close()
        server.wait(10)
