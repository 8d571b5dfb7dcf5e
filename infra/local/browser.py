"""Provides Chromium for the console's tests and screenshots.

Uses the browser of this machine, or else unpacks Debian's packages into `.local/chromium`. Changes
nothing of the system and does not need root: apt keeps its lists and downloads in folders of ours,
leaves out what the machine has, checks signatures as always, and the packages are unpacked, not
installed. Reads apt's sources and dpkg's list; writes `.local/chromium`. After it: check.py and
`make screenshots`, which pass the path on as `CHROMIUM`. Ubuntu has no such package (Chromium is a
snap there): install Chrome.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from processes import StepFailed, run, say

HERE = Path(__file__).resolve().parents[2] / ".local" / "chromium"
# The headless shell comes first: it is Chromium without its windows, and opens a page sooner.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# The fonts have Latin and Arabic letters, and the emoji that occur in names.
PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core", "fonts-noto-color-emoji")
WRAPPER = HERE / "chromium-headless-shell"


def find_browser():
    """Returns the path of a browser that is installed or unpacked already, or None."""
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    return installed or (str(WRAPPER) if WRAPPER.exists() else None)


def ensure_browser():
    """Returns the path of a browser, unpacked now if necessary.

    Prints the reason and returns None if that fails.
    """
    browser = find_browser()
    if browser:
        return browser
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    try:
        unpack_chromium()
    except StepFailed as failure:
        say(f"could not install Chromium: {failure}")
        return None
    return str(WRAPPER)


def unpack_chromium():
    shutil.rmtree(HERE, ignore_errors=True)
    for folder in ("lists/partial", "archives/partial", "root"):
        (HERE / folder).mkdir(parents=True)
    log = HERE.parent / "run" / "install-chromium.log"
    options = {
        "Dir::State::lists": HERE / "lists",
        "Dir::Cache::archives": HERE / "archives",
        "Dir::Cache": HERE,
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", *(f"--option={name}={value}" for name, value in options.items()), "--quiet"]
    run("downloading Debian's package lists", [*apt, "update"], log)
    run(
        "downloading Chromium and its dependencies",
        [*apt, "install", "--yes", "--no-install-recommends", "--download-only", *PACKAGES],
        log,
    )
    for package in sorted((HERE / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, HERE / "root"], check=True)
    program = HERE / "root" / "usr" / "lib" / "chromium" / "chromium-headless-shell"
    if not program.exists():
        raise StepFailed("the package has other contents than Debian's")
    (HERE / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<fontconfig><dir>/usr/share/fonts</dir>'
        f"<dir>{HERE}/root/usr/share/fonts</dir>"
        f"<cachedir>{HERE}/fonts</cachedir></fontconfig>\n"
    )
    libraries = sorted(
        {str(path.parent) for path in (HERE / "root" / "usr" / "lib").rglob("*.so*")}
        - {str(program.parent)}
    )
    WRAPPER.write_text(
        f'#!/bin/sh\nexport LD_LIBRARY_PATH="{":".join(libraries)}"'
        f' FONTCONFIG_FILE="${{FONTCONFIG_FILE:-{HERE}/fonts.conf}}"\nexec "{program}" "$@"\n'
    )
    WRAPPER.chmod(0o755)
    for folder in ("lists", "archives"):
        shutil.rmtree(HERE / folder)
    version = subprocess.run([WRAPPER, "--version"], capture_output=True, text=True)
    if version.returncode != 0:
        WRAPPER.unlink()
        raise StepFailed(f"Chromium does not start: {version.stderr.strip()[-300:]}", log)
    say(f"unpacked {version.stdout.strip()} into .local/chromium")


if __name__ == "__main__":
    path = ensure_browser()
    if path is None:
        sys.exit(
            "no Chromium found: install it (Debian: apt install chromium), or set CHROMIUM=path"
        )
    print(os.environ.get("CHROMIUM", path))
