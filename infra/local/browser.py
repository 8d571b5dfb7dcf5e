"""Chromium for the console's tests and pictures: the machine's own, or else Debian's (or Ubuntu's) packages unpacked into `.local/chromium`.

Nothing of the system is changed and nobody has to be root: apt keeps lists and downloads in folders of ours, leaves out what the machine has,
checks signatures as always, and nothing is installed, only unpacked. Reads apt's sources and dpkg's list; writes `.local/chromium`. After it:
check.py and `make screenshots`, which hand its path on as `CHROMIUM`. Ubuntu has no such package (there it is a snap): install Chrome there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from processes import Failed, run, say

HERE = Path(__file__).resolve().parents[2] / ".local" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")  # Latin and Arabic, and the names that people give
WRAPPER = HERE / "chromium"


def find():
    """The path of a browser that is there already, or None."""
    known = next(filter(None, map(shutil.which, NAMES)), None)
    return known or (str(WRAPPER) if WRAPPER.exists() else None)


def ready():
    """The path of a browser, got here if need be; None where there is none to be had, and why is said."""
    found = find()
    if found:
        return found
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    try:
        unpack()
    except Failed as failed:
        say(f"Chromium could not be got: {failed}")
        return None
    return str(WRAPPER)


def unpack():
    shutil.rmtree(HERE, ignore_errors=True)
    for folder in ("lists/partial", "archives/partial", "root"):
        (HERE / folder).mkdir(parents=True)
    log = HERE.parent / "run" / "install-chromium.log"
    apt = ["apt-get", "-o", f"Dir::State::lists={HERE / 'lists'}", "-o", f"Dir::Cache::archives={HERE / 'archives'}", "-o", f"Dir::Cache={HERE}",
           "-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User=", "--quiet"]
    run("reading Debian's package lists", [*apt, "update"], log)
    run("downloading Chromium and what it needs", [*apt, "install", "--yes", "--no-install-recommends", "--download-only", *PACKAGES], log)
    for package in sorted((HERE / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, HERE / "root"], check=True)
    program = HERE / "root" / "usr" / "lib" / "chromium" / "chromium"
    if not program.exists():
        raise Failed("its package is not what it is on Debian")
    (HERE / "fonts.conf").write_text(
        f'<?xml version="1.0"?>\n<fontconfig><dir>/usr/share/fonts</dir><dir>{HERE}/root/usr/share/fonts</dir><cachedir>{HERE}/fonts</cachedir></fontconfig>\n')
    libraries = sorted({str(path.parent) for path in (HERE / "root" / "usr" / "lib").rglob("*.so*")} - {str(program.parent)})
    WRAPPER.write_text(f'#!/bin/sh\nexport LD_LIBRARY_PATH="{":".join(libraries)}" FONTCONFIG_FILE="{HERE}/fonts.conf"\nexec "{program}" "$@"\n')
    WRAPPER.chmod(0o755)
    for used in ("lists", "archives"):
        shutil.rmtree(HERE / used)
    version = subprocess.run([WRAPPER, "--version"], capture_output=True, text=True)
    if version.returncode != 0:
        WRAPPER.unlink()
        raise Failed(f"it does not start: {version.stderr.strip()[-300:]}", log)
    say(f"unpacked {version.stdout.strip()} into .local/chromium")


if __name__ == "__main__":
    path = ready()
    if path is None:
        sys.exit("no Chromium here: install it (Debian: apt install chromium), or name one with CHROMIUM=path")
    print(os.environ.get("CHROMIUM", path))
