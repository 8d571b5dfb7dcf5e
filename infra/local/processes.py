"""Start, find and stop the background processes of a stack, and say what is going on meanwhile.

Each process has a pid file and a log in the stack's `run/`. A pid counts only while the process behind it still has the command line it was
started with, so a pid that the system gave to another program is never signalled.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BEGAN = time.monotonic()
START_SECONDS = 20  # how long a process may take until it answers
STOP_SECONDS = 30  # the local AWS writes its state when it is asked to stop


class Failed(Exception):
    """What went wrong, for the reader of the terminal, with the log that says more."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log

    def tell(self):
        say(f"failed: {self}")
        if self.log and Path(self.log).exists():
            lines = Path(self.log).read_text(errors="replace").splitlines()[-25:]
            print("\n".join(f"    | {line[:300]}" for line in lines), file=sys.stderr)
            say(f"the whole log: {os.path.relpath(self.log)}")


def say(text):
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", file=sys.stderr, flush=True)


class Process:
    def __init__(self, name, folder, health):
        self.name, self.health = name, health
        self.record = folder / f"{name}.json"
        self.log = folder / f"{name}.log"

    def pid(self):
        """The pid while it runs, else None."""
        try:
            record = json.loads(self.record.read_text())
            command = Path(f"/proc/{record['pid']}/cmdline").read_bytes().decode().split("\0")[:-1]
        except (OSError, ValueError):
            return None
        return record["pid"] if command == record["command"] else None

    def note(self):
        """What was noted when it was started: a fingerprint of what it runs."""
        try:
            return json.loads(self.record.read_text()).get("note")
        except (OSError, ValueError):
            return None

    def healthy(self):
        try:
            with urllib.request.urlopen(self.health, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def start(self, command, environment, port, note):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise Failed(f"port {port} is taken by another program, and {self.name} needs it")
        self.record.parent.mkdir(parents=True, exist_ok=True)
        command = [str(part) for part in command]
        with open(self.log, "wb") as log:
            child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=subprocess.STDOUT, cwd=self.record.parent, start_new_session=True)
        self.record.write_text(json.dumps({"pid": child.pid, "command": command, "note": note}))
        limit = time.monotonic() + START_SECONDS
        while not self.healthy():
            if child.poll() is not None:
                raise Failed(f"{self.name} ended with code {child.returncode} while it started", self.log)
            if time.monotonic() > limit:
                raise Failed(f"{self.name} did not answer at {self.health} within {START_SECONDS} s", self.log)
            time.sleep(0.05)

    def stop(self):
        """True if it ran. Asks first; ends it after `STOP_SECONDS`."""
        pid = self.pid()
        if pid is None:
            self.record.unlink(missing_ok=True)
            return False
        os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + STOP_SECONDS
        while self.pid() is not None and not _zombie(pid):
            if time.monotonic() > limit:
                say(f"{self.name} does not stop when asked: ending it")
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        self.record.unlink(missing_ok=True)
        return True

    def children(self):
        """(pid, handler) of each function process of the local AWS."""
        parent = self.pid()
        found = []
        for entry in Path("/proc").iterdir() if parent else ():
            try:
                if entry.name.isdigit() and int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent:
                    environment = dict(line.split("=", 1) for line in (entry / "environ").read_text().split("\0") if "=" in line)
                    found.append((int(entry.name), environment.get("_HANDLER", "?")))
            except (OSError, ValueError, IndexError):
                continue  # it ended while we looked
        return sorted(found, key=lambda process: process[1])


def _zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (OSError, IndexError):
        return True


def run(what, command, log, environment=None, progress=None, cwd=None):
    """Run to the end with its output in a log; every 15 s a line says that it goes on."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as out:
        child = subprocess.Popen([str(part) for part in command], env=environment, cwd=cwd, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT)
    try:
        told = began = time.monotonic()
        while child.poll() is None:
            time.sleep(0.05)
            if time.monotonic() - told >= 15:
                told = time.monotonic()
                say(f"{what}: {told - began:.0f} s" + (f", {progress(log)}" if progress else ""))
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if child.returncode != 0:
        raise Failed(f"{what} (code {child.returncode})", log)
