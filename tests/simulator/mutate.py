#!/usr/bin/env python3
"""Switches off each guard in turn and checks that the simulator notices: `make mutate-guards`.

    mutate.py [--only NAME ...] [--seeds 1000] [--start 1]
    mutate.py --check    only whether each guard's text is in the code exactly once

Reads `guards.toml`, which lists for each guard its file, its text, the text without it, and how many
seeds the simulator may need (`seeds`, else those of the call). Tries each guard on a copy of the
work tree (`.local/mutants`, built in `target/mutants`, because cargo would take a mutant's crate
for the real one). Writes the table of `docs/proof.md`. The exit code is 1 if the absence of a guard
is not noticed, or if its text does not occur exactly once: then guards.toml has to follow the code.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / ".local" / "mutants"
PROOF = ROOT / "docs" / "proof.md"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BEGIN, END = "<!-- table: made by make mutate-guards -->", "<!-- end of the table -->"


def copy_tree():
    """Copies the files that git tracks or does not ignore.

    Leaves unchanged files alone with their times, so that cargo does not build them again.
    """
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
    wanted = {line for line in listed.stdout.splitlines() if (ROOT / line).is_file()}
    for name in wanted:
        source, there = ROOT / name, COPY / name
        if not there.exists() or there.read_bytes() != source.read_bytes():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, there)
    for there in [path for path in COPY.rglob("*") if path.is_file()]:
        if str(there.relative_to(COPY)) not in wanted:
            there.unlink()


def build():
    """Builds the simulator of the copy and returns its path; exits if it does not compile.

    Incrementally: two mutants in a row differ in a line or two.
    """
    command = ["cargo", "build", "--profile", "local", "--workspace", "--bin", "simulate", "--quiet", "--color", "never"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "mutants"), "CARGO_INCREMENTAL": "1"}
    done = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"the mutant does not compile:\n{done.stderr[-3000:]}")
    return TARGET / "mutants" / "local" / "simulate"


def build_mutant(guard, number):
    """Builds the simulator without the guard; returns a copy of it, or None if the text is not there exactly once."""
    path = COPY / guard["file"]
    text = path.read_text()
    if text.count(guard["guard"]) != 1:
        return None
    try:
        path.write_text(text.replace(guard["guard"], guard["without"]))
        mutant = TARGET / "mutants" / f"simulate-{number}"
        shutil.copy(build(), mutant)
        return mutant
    finally:
        path.write_text(text)


def simulate(binary, seeds, start):
    """Returns (seed, invariant) of the first failure, or None."""
    done = subprocess.run([binary, "--seeds", str(seeds), "--start", str(start), "--quiet", "--no-shrink"], capture_output=True, text=True)
    found = re.search(r"BROKEN by seed (\d+): ([^:]+):", done.stdout)
    if done.returncode == 1 and found:
        return int(found[1]), found[2]
    if done.returncode != 0:
        raise SystemExit(f"the simulator ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return None


def try_mutant(mutant, guard, options):
    """Simulates worlds until one breaks; returns (seed, invariant) or None, what is wrong or None, and the seconds.

    The world that noticed the guard's absence in the last run is tried first: it mostly does again.
    """
    if not mutant:
        return None, "its text is not there exactly once", 0.0
    budget = guard.get("seeds", options.seeds)
    began = time.monotonic()
    last = options.recorded.get(guard["name"])
    caught = (simulate(mutant, 1, last) if last else None) or simulate(mutant, budget, options.start)
    mutant.unlink()
    return caught, None if caught else f"not noticed in {budget} seeds", time.monotonic() - began


def recorded_seeds():
    """Returns the seed that the table names for each guard."""
    cells = {name: line.split("|") for name, line in kept().items()}
    return {name: int(row[4]) for name, row in cells.items() if len(row) > 4 and row[4].strip().isdigit()}


def check(guards):
    """Names the guards whose text is not in the code exactly once, or of which docs/proof.md says another place."""
    lost = [guard for guard in guards if (ROOT / guard["file"]).read_text().count(guard["guard"]) != 1]
    for guard in lost:
        print(f"{guard['name']}: its text is not in {guard['file']} exactly once")
    rows = kept()
    moved = [guard for guard in guards if f"`{guard['file']}`" not in rows.get(guard["name"], "")]
    for guard in moved:
        print(f"{guard['name']}: docs/proof.md does not say that it is in {guard['file']}")
    return 1 if lost or moved else 0


def kept():
    """Returns the present rows of the table by guard."""
    lines = PROOF.read_text().split(BEGIN)[1].split(END)[0].splitlines()
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}


def row(guard, caught, trouble):
    found = (caught[1], str(caught[0])) if caught else (f"**{trouble}**", "-")
    return f"| {guard['name']} | `{guard['file']}` | {found[0]} | {found[1]} |"


def write(guards, rows):
    """Writes the table as far as the run has come, because a run takes long and may be ended.

    A guard that this run has not tried keeps its row.
    """
    lines = {guard["name"]: f"| {guard['name']} | `{guard['file']}` | not tried yet | - |" for guard in guards}
    lines.update({name: line for name, line in kept().items() if name in lines})
    lines.update({guard["name"]: row(guard, *rest) for guard, *rest in rows})
    whole = "\n".join(["| guard | where | without it, the first to break | noticed by seed |", "|---|---|---|---|", *lines.values()])
    head, rest = PROOF.read_text().split(BEGIN)
    PROOF.write_text(f"{head}{BEGIN}\n\n{whole}\n\n{END}{rest.split(END)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="a guard, by its name; may be given again")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--start", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="only look for the texts")
    options = parser.parse_args()
    guards = tomllib.loads((ROOT / "tests" / "simulator" / "guards.toml").read_text())["guard"]
    chosen = [guard for guard in guards if not options.only or guard["name"] in options.only]
    if not chosen:
        raise SystemExit(f"no such guard; there are: {', '.join(guard['name'] for guard in guards)}")
    if options.check:
        return check(chosen)
    options.recorded = recorded_seeds()
    copy_tree()
    rows = []

    def report(guard, caught, trouble, seconds):
        rows.append((guard, caught, trouble))
        write(guards, rows)
        said = f"seed {caught[0]}: {caught[1]}" if caught else f"UNNOTICED: {trouble}"
        print(f"[{len(rows)}/{len(chosen)}] {guard['name']:<44} {said}  ({seconds:.0f} s)", flush=True)

    # One mutant is tried while the next one is built.
    with ThreadPoolExecutor(1) as simulating:
        trials = []
        for number, guard in enumerate(chosen, 1):
            trials.append((guard, simulating.submit(try_mutant, build_mutant(guard, number), guard, options)))
            while trials and (len(trials) > 3 or trials[0][1].done()):
                tried, trial = trials.pop(0)
                report(tried, *trial.result())
        for tried, trial in trials:
            report(tried, *trial.result())
    return 1 if any(trouble for _, _, trouble in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
