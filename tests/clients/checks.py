"""What the Python clients' scripts share: their arguments and their expectations."""

import os
import subprocess
import sys
import time

# Where to find the servers: a TCP port, the path of a UNIX socket, and two more TCP ports.
PORT = int(sys.argv[1])
SOCKET = sys.argv[2]
MORE_PORTS = [int(port) for port in sys.argv[3:5]]

# Nobody listens there.
CLOSED_PORT = 1

TIMEOUT = 20  # seconds


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: {str(actual)[:200]} instead of {str(wanted)[:200]}")


def expect_error(errors, call, what):
    try:
        call()
    except errors:
        return
    raise AssertionError(f"{what}: no error reported")


def eventually(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.02)


def restart_server():
    """The server on PORT ends, and is back, empty, when this returns."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "restart_server.sh")
    subprocess.run(["bash", script, str(PORT)], check=True, timeout=2 * TIMEOUT)
