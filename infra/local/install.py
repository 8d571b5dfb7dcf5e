"""Installs the tools of the local stack into `.local/`, each in the version that is pinned.

Reads the requirements files and console/package-lock.json; writes the virtual environments and
console/node_modules. Uses the standard library alone, because nothing else is installed yet. Before
it: a checkout and Python. After it: build.py and stack.py. Guarantees: a tool whose stamp matches
its pins is not installed again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from fingerprint import file_digest, read_stamp
from processes import StepFailed, run, say

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "infra" / "local"
LOCAL = ROOT / ".local"
CONSOLE = ROOT / "console"
LOGS = LOCAL / "run"
CLOUD_PYTHON = LOCAL / "venv-cloud" / "bin" / "python"
SAM = LOCAL / "venv-sam" / "bin" / "sam"
VENVS = {
    "venv-cloud": HERE / "requirements-cloud.txt",
    "venv-sam": HERE / "requirements-sam.txt",
}
# Only `make test` needs these: `make run` does not wait for them.
API_VENVS = {"venv-api": HERE / "requirements-api.txt"}
CHECKOV_VENVS = {"venv-checkov": HERE / "requirements-checkov.txt"}
DUCKDB_VENVS = {"venv-duckdb": HERE / "requirements-duckdb.txt"}
MOTO_VENVS = {"venv-moto": HERE / "requirements-moto.txt"}


# Steps of `make test` that run side by side may each need the tools: the first one installs them.
_installing = threading.Lock()


def install_tools(venvs=VENVS):
    """Creates the virtual environments that are missing or differ from their pins."""
    with _installing:
        _install_outdated(venvs)


def _install_outdated(venvs):
    if sys.version_info < (3, 11):
        raise StepFailed(f"Python 3.11 or later is needed, and this is {sys.version.split()[0]}")
    stamps = {name: _venv_stamp(requirements) for name, requirements in venvs.items()}
    outdated = [name for name in venvs if read_stamp(LOCAL / name / "stamp") != stamps[name]]
    if not outdated:
        return
    can_create = [sys.executable, "-c", "import ensurepip, venv"]
    if subprocess.run(can_create, capture_output=True).returncode != 0:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise StepFailed(
            f"this Python cannot create virtual environments: run `apt install {package}`"
        )
    say(f"installing {' and '.join(outdated)} into .local (up to two minutes, while cargo builds)")
    for name in outdated:
        shutil.rmtree(LOCAL / name, ignore_errors=True)
        log = LOGS / f"install-{name}.log"
        run(f"creating .local/{name}", [sys.executable, "-m", "venv", LOCAL / name], log)
        pip = [LOCAL / name / "bin" / "python", "-m", "pip", "install"]
        pip += ["--disable-pip-version-check", "--no-input", "-r", venvs[name]]
        run(f"installing into .local/{name}", pip, log)
        (LOCAL / name / "stamp").write_text(stamps[name])


def install_console_packages(npm):
    """Installs what console/package-lock.json pins, unless console/node_modules has it already."""
    lock = CONSOLE / "package-lock.json"
    stamp = CONSOLE / "node_modules" / "made-of"
    if read_stamp(stamp) == file_digest(lock):
        return
    run(
        "installing the console's packages",
        [npm, "ci", "--no-audit", "--no-fund"],
        LOGS / "install-console.log",
        cwd=CONSOLE,
        environment=os.environ | {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"},
    )
    stamp.write_text(file_digest(lock))


def _venv_stamp(requirements):
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
