#!/usr/bin/env python3
"""What `make bench` means: build for release, start a stack of its own, measure, stop it again.

    bench.py [--only rule,autopilot,scale,start,issue,deliver,checkout,redeem,cost,reports] [--quick] [--profile local] [--keep]

It reads the work tree, compares a release build with `last-release.json`, and writes `target/bench.json`, `target/cost-acts.json`, `.local/bench/` (the stack, port 4766),
`.local/bench-node/` (Node's SDK) and `.local/venv-oscar/` (django-oscar, which a redemption is compared with).
The stack runs the same template and the same binary as AWS gets. What cannot be had here (valgrind, Node, the network) is left out and
said. Before it: a checkout with Rust and Python. After it: `benches/src`, which measures, and README, which quotes.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "infra" / "local"))

import cost  # noqa: E402 - the path has just been set
import stack  # noqa: E402
from build import count_compiled_crates, package_binary  # noqa: E402
from deploy import deploy_template, write_stack_file  # noqa: E402
from install import CLOUD_PYTHON, LOCAL, ROOT, install_tools  # noqa: E402
from processes import StepFailed, run, say  # noqa: E402

STACK = stack.Stack("bench", LOCAL / "bench", 4766, 4780, "0000a9f3", 4790)
LOG = LOCAL / "bench" / "run" / "bench.log"
NODE = LOCAL / "bench-node"
OSCAR = {"venv-oscar": HERE / "peers" / "oscar" / "requirements.txt"}
OSCAR_PYTHON = LOCAL / "venv-oscar" / "bin" / "python"
FIGURES = ROOT / "target" / "bench.json"
ACTS = ROOT / "target" / "cost-acts.json"
# The figures of the last release. Those of a release build are compared with it.
LAST_RELEASE = HERE / "last-release.json"
NEED_A_STACK = {"redeem", "cost"}
# The binary of all functions, and what the stack and its peers run on.
NEED_THE_FUNCTIONS = {"start"} | NEED_A_STACK


def build(profile, packages):
    """A command for each, so that the function's crates get the features that the cloud's build gives them, and no others."""
    cargo = shutil.which("cargo", path=f"{os.environ.get('PATH', '')}:{Path.home() / '.cargo' / 'bin'}")
    if not cargo:
        raise StepFailed("Rust is needed: https://rustup.rs")
    for package in packages:
        run(f"building {package} ({profile})", [cargo, "build", "--profile", profile, "-p", package, "--color", "never"], LOG,
            cwd=ROOT, progress=count_compiled_crates)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / profile


def peers():
    """Node's SDK as locked; None if it cannot be had."""
    if not shutil.which("npm") or not shutil.which("node"):
        say("Node 20 and npm are not installed: Node is left out of the comparison")
        return None
    NODE.mkdir(parents=True, exist_ok=True)
    lock = NODE / "package-lock.json"
    fresh = lock.exists() and filecmp.cmp(lock, HERE / "peers" / "package-lock.json", shallow=False) and (NODE / "node_modules").exists()
    for name in ("package.json", "package-lock.json", "handler.mjs"):
        shutil.copy(HERE / "peers" / name, NODE / name)
    if not fresh:
        try:
            run("installing Node's SDK into .local/bench-node", ["npm", "ci", "--no-audit", "--no-fund", "--silent"], LOG, cwd=NODE)
        except StepFailed as failure:
            failure.print_details()
            return None
    return NODE


def oscar():
    """The Python with django-oscar as pinned; None if it cannot be had."""
    try:
        install_tools(OSCAR)
    except StepFailed as failure:
        failure.print_details()
        return None
    return OSCAR_PYTHON


def start(bootstrap):
    """A fresh stack that runs this very binary. The package's place is shared, so nobody else may build meanwhile."""
    with stack.exclusive_lock():
        stack.delete_data(STACK)
        package_binary(bootstrap)
        stack.start_processes(STACK)
        deploy_template(STACK)
        write_stack_file(STACK)
    say(f"the stack is up at {STACK.endpoint}")


def bench(options):
    only = set(options.only.split(",")) if options.only else set()
    needs_the_functions = not only or bool(NEED_THE_FUNCTIONS & only)
    needs_a_stack = not only or bool(NEED_A_STACK & only)
    if needs_the_functions:
        install_tools()
    built = build(options.profile, ["bootstrap", "benchmarks"] if needs_the_functions else ["benchmarks"])
    node = peers() if not only or "start" in only else None
    command = [built / "benchmarks", "--bootstrap", built / "bootstrap", "--python", CLOUD_PYTHON]
    command += ["--node", node] if node else []
    shop = oscar() if not only or "checkout" in only else None
    environment = os.environ | ({"OSCAR_PYTHON": str(shop)} if shop else {})
    command += ["--only", options.only] if options.only else []
    command += ["--quick"] if options.quick else []
    compared = options.profile == "release" and not options.quick and not options.keep
    command += ["--last-release", LAST_RELEASE] if compared else []
    try:
        if needs_a_stack:
            start(built / "bootstrap")
            command += ["--stack", STACK.file]
        code = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment).returncode
        if code == 0 and (not only or "cost" in only):
            cost.write_figures(FIGURES, ACTS)
        if code == 0 and options.keep:
            shutil.copy(FIGURES, LAST_RELEASE)
            if ACTS.exists():
                shutil.copy(ACTS, cost.LAST_ACTS)
            say(f"{LAST_RELEASE.relative_to(ROOT)} has the figures of this run: commit it with docs/performance.md")
        return code
    finally:
        stack.stop_stack(STACK)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="some of rule,autopilot,scale,start,issue,deliver,checkout,redeem,cost,reports")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it works, not to quote")
    parser.add_argument("--profile", default="release", choices=["release", "local"], help="local: likewise")
    parser.add_argument("--keep", action="store_true", help="make these the figures that later runs are compared with")
    began = time.monotonic()
    stack.interrupt_on_sigterm()
    try:
        code = bench(parser.parse_args())
    except StepFailed as failure:
        failure.print_details()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    say(f"{time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
