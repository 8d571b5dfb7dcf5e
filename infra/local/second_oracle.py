"""Starts moto's server, a second DynamoDB that nobody here wrote, for the store's contract tests.

The contract tests hold in memory and on the local AWS; moto checks expressions, types and limits by
code of its own, so that a mistake which both share is noticed. Its writes are not atomic between
threads: tests in which many write at once prove nothing there and are left out. Guarantees: the
server ends with the block that uses it.
"""

import contextlib
import socket
import subprocess
import time
import urllib.request

from install import LOCAL, LOGS
from processes import StepFailed

MOTO_SERVER = LOCAL / "venv-moto" / "bin" / "moto_server"
UP_SECONDS = 60
POLL_SECONDS = 0.2
RACES = "(of_many|one_of_many|at_once|never_passed|one_after_the_other)"  # by the names of the tests
SLOW = "(end_the_same_in_any_order)"  # hundreds of orders of one message's events: minutes on moto
CONTRACT = f"binary(contract) - test(/{RACES}/) - test(/{SLOW}/)"


@contextlib.contextmanager
def moto_server():
    """Runs the server on a free port and yields its address."""
    port = _find_free_port()
    with open(LOGS / "moto.log", "wb") as log:
        command = [str(MOTO_SERVER), "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
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
