"""Builds what the local stack runs: the two binaries, the package of the functions, the console.

Reads the work tree; writes `target/` and console/dist. Before it: install.py and a Rust toolchain.
After it: stack.py, which starts and deploys the result. Guarantees: the package and the console are
built again only when their inputs changed.
"""

import contextlib
import hashlib
import shutil
import threading
import zipfile
from pathlib import Path

from fingerprint import file_digest, read_stamp
from install import CONSOLE, LOGS, ROOT, install_console_packages
from processes import StepFailed, run, say

PACKAGE = ROOT / "target" / "lambda" / "bootstrap" / "bootstrap.zip"  # the CodeUri of template.yaml
BUILT = ROOT / "target" / "local"
EMULATOR = BUILT / "provider-emulator"


def build_binaries():
    """Compiles `bootstrap` and `provider-emulator`, and packages `bootstrap` for deployment."""
    cargo = shutil.which("cargo") or shutil.which("cargo", path=Path.home() / ".cargo" / "bin")
    if not cargo:
        raise StepFailed("Rust is needed: https://rustup.rs")
    # The whole workspace is selected so that the tests choose the same features of the same crates
    # and nothing is compiled twice.
    command = [cargo, "build", "--profile", "local", "--workspace", "--bin", "bootstrap"]
    command += ["--bin", EMULATOR.name, "--color", "never"]
    run("building", command, LOGS / "build.log", cwd=ROOT, progress=count_compiled_crates)
    package_binary(BUILT / "bootstrap")


def count_compiled_crates(log):
    """Describes the progress of a cargo build from its log."""
    return f"{log.read_bytes().count(b' Compiling ')} crates so far"


def package_binary(binary):
    """Zips `binary` unless the package contains this very file already.

    sam uploads a zip once, but would zip a folder again for each function.
    """
    digest = file_digest(binary).encode()
    with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(PACKAGE) as package:
        if package.comment == digest:
            return
    PACKAGE.parent.mkdir(parents=True, exist_ok=True)
    fresh = PACKAGE.with_suffix(".new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        member = zipfile.ZipInfo("bootstrap", (2020, 1, 1, 0, 0, 0))
        member.external_attr, member.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        package.writestr(member, binary.read_bytes())
        package.comment = digest
    fresh.replace(PACKAGE)


# Steps of `make test` that run side by side may each need the console: the first one builds it.
_building_console = threading.Lock()


def build_console():
    """Builds console/dist from its sources; returns False, and builds nothing, without npm."""
    with _building_console:
        return _build_outdated_console()


def _build_outdated_console():
    npm = shutil.which("npm")
    if not npm:
        say("npm is not installed: the stack starts without the console")
        return False
    digest = _console_digest()
    stamp = CONSOLE / "dist" / "made-of"
    if read_stamp(stamp) == digest:
        return True
    install_console_packages(npm)
    command = [npm, "run", "build"]
    run("building the console", command, LOGS / "build-console.log", cwd=CONSOLE)
    stamp.write_text(digest)
    return True


def _console_digest():
    """Returns one digest of the names and contents of all sources of the console."""
    sources = [CONSOLE / name for name in ("package-lock.json", "index.html", "vite.config.ts")]
    for folder in ("src", "public"):
        sources += sorted(path for path in (CONSOLE / folder).rglob("*") if path.is_file())
    named_contents = (
        str(path.relative_to(CONSOLE)).encode() + path.read_bytes() for path in sources
    )
    return hashlib.sha256(b"".join(named_contents)).hexdigest()
