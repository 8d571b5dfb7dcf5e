"""Starts, finds and stops the background processes of a stack, and prints progress meanwhile.

Each process has a pid file and a log in the stack's `run/`. A pid counts only while its process
still has the command line it was started with, so a pid that the system has since given to another
program is never signalled.
"""

import contextlib
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

PROGRAM_STARTED = time.monotonic()
START_SECONDS = 20  # how long a process may take until it answers
STOP_SECONDS = 30  # the local AWS writes its state when it is asked to stop
PROGRESS_SECONDS = 15  # between two lines about a command that is still running
LOG_LINES_SHOWN = 25
FOREGROUND_COMMANDS = set()  # those that some thread of this program waits for


class StepFailed(Exception):
    """A step that failed: a sentence for the terminal, and the log that tells more."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log

    def print_details(self):
        """Prints the sentence and the end of the log."""
        say(f"failed: {self}")
        if self.log and Path(self.log).exists():
            lines = Path(self.log).read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
            print("\n".join(f"    | {line[:300]}" for line in lines), file=sys.stderr)
            say(f"the whole log: {os.path.relpath(self.log)}")


def say(text):
    """Prints a line of progress with the seconds since the program started."""
    elapsed = time.monotonic() - PROGRAM_STARTED
    print(f"[{elapsed:6.1f} s] {text}", file=sys.stderr, flush=True)


class Process:
    """A background process of a stack, known by its pid file."""

    def __init__(self, name, folder, health_url):
        self.name, self.health_url = name, health_url
        self.record = folder / f"{name}.json"
        self.log = folder / f"{name}.log"

    def pid(self):
        """Returns the pid, or None if the process does not run."""
        try:
            record = json.loads(self.record.read_text())
            cmdline = Path(f"/proc/{record['pid']}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        command = cmdline.decode().split("\0")[:-1]
        return record["pid"] if command == record["command"] else None

    def fingerprint(self):
        """Returns the digest of the program and settings that the process was started with."""
        try:
            return json.loads(self.record.read_text()).get("fingerprint")
        except (OSError, ValueError):
            return None

    def is_healthy(self):
        try:
            with urllib.request.urlopen(self.health_url, timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def is_current(self, fingerprint):
        """Tells whether it runs, answers and was started with this program and settings."""
        return self.pid() and self.fingerprint() == fingerprint and self.is_healthy()

    def start(self, command, environment, port, fingerprint):
        """Starts the process and waits until it answers."""
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise StepFailed(f"{self.name} needs port {port}, which another program uses")
        self.record.parent.mkdir(parents=True, exist_ok=True)
        command = [str(part) for part in command]
        with open(self.log, "wb") as log:
            child = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.record.parent,
                start_new_session=True,
            )
        record = {"pid": child.pid, "command": command, "fingerprint": fingerprint}
        self.record.write_text(json.dumps(record))
        deadline = time.monotonic() + START_SECONDS
        while not self.is_healthy():
            if child.poll() is not None:
                failure = f"{self.name} ended with code {child.returncode} while it started"
                raise StepFailed(failure, self.log)
            if time.monotonic() > deadline:
                failure = f"{self.name} did not answer at {self.health_url} in {START_SECONDS} s"
                raise StepFailed(failure, self.log)
            time.sleep(0.05)

    def stop(self):
        """Stops the process, by force after `STOP_SECONDS`; returns whether it was running."""
        pid = self.pid()
        if pid is None:
            self.record.unlink(missing_ok=True)
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.pid() is not None and not _is_zombie(pid):
            if time.monotonic() > deadline:
                say(f"{self.name} does not stop when asked: killing it")
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        self.record.unlink(missing_ok=True)
        return True

    def function_processes(self):
        """Lists (pid, handler) of each function process that the local AWS has started."""
        parent = self.pid()
        functions = []
        for entry in Path("/proc").iterdir() if parent else ():
            try:
                if entry.name.isdigit() and _parent_pid(entry) == parent:
                    functions.append((int(entry.name), _environment(entry).get("_HANDLER", "?")))
            except (OSError, ValueError, IndexError):
                continue  # the process ended in the meantime
        return sorted(functions, key=lambda function: function[1])


def _parent_pid(entry):
    return int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])


def _environment(entry):
    variables = (entry / "environ").read_text().split("\0")
    return dict(line.split("=", 1) for line in variables if "=" in line)


def _is_zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (OSError, IndexError):
        return True


@contextlib.contextmanager
def waiting_for(child):
    """Registers a command that this program waits for, and terminates it if the wait fails."""
    FOREGROUND_COMMANDS.add(child)
    try:
        yield child
    except BaseException:
        child.terminate()
        child.wait()
        raise
    finally:
        FOREGROUND_COMMANDS.discard(child)


def terminate_foreground():
    """Terminates the commands that other threads wait for, so that these threads end."""
    for child in list(FOREGROUND_COMMANDS):
        child.terminate()


def run(step, command, log, environment=None, progress=None, cwd=None):
    """Runs a command to its end with its output in `log`, and prints now and then that it goes on.

    `progress` describes the progress from the log. Raises `StepFailed` unless the command succeeds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    with waiting_for(child):
        started = last_line = time.monotonic()
        while child.poll() is None:
            time.sleep(0.05)
            if time.monotonic() - last_line >= PROGRESS_SECONDS:
                last_line = time.monotonic()
                details = f", {progress(log)}" if progress else ""
                say(f"{step}: {last_line - started:.0f} s{details}")
    if child.returncode != 0:
        raise StepFailed(f"{step} (code {child.returncode})", log)
