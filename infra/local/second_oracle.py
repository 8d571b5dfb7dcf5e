"""Starts moto's server, a second DynamoDB that nobody here wrote, for the store's contract tests.

The contract tests hold in memory and on the local AWS; moto checks expressions, types and limits by
code of its own, so that a mistake which both share is noticed. It takes one request at a time
(`moto_one_by_one`). Guarantees: the server ends with the block that uses it.
"""

import contextlib
import socket
import subprocess
import time
import urllib.request

from install import HERE, LOCAL, LOGS
from processes import StepFailed

MOTO_SERVER = [str(LOCAL / "venv-moto" / "bin" / "python"), str(HERE / "moto_one_by_one.py")]
UP_SECONDS = 60
POLL_SECONDS = 0.2
SLOW = "(end_the_same_in_any_order)"  # hundreds of orders of one message's events: minutes on moto
CONTRACT = f"binary(contract) - test(/{SLOW}/)"


@contextlib.contextmanager
def moto_server():
    """Runs the server on a free port and yields its address."""
    port = _find_free_port()
    with open(LOGS / "moto.log", "wb") as log:
        server = subprocess.Popen([*MOTO_SERVER, str(port)], stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(server, address)
        yield address
    finally:
        server.terminate()
        server.wait()


def _find_free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_up(server, address):
    deadline = time.monotonic() + UP_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()
            return
        time.sleep(POLL_SECONDS)
    raise StepFailed("moto's server did not start", LOGS / "moto.log")
