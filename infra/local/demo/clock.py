"""Moves the clock of the local stack forward: `make later DAYS=1`.

Reads and writes one file with the milliseconds by which the stack is ahead of this machine. Its
functions read it several times a second; builds for the cloud have no such clock
(`runtime::clock`). Guarantees: the clock never goes back, because a day would happen twice.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

MAX_DAYS = 366


class Clock:
    """The clock of one stack, or of this machine if there is no file."""

    def __init__(self, path: str | Path | None):
        self.path = Path(path) if path else None

    def offset(self) -> timedelta:
        """Returns how far the clock is ahead of this machine; zero if it was never moved."""
        if self.path is None or not self.path.exists():
            return timedelta()
        return timedelta(milliseconds=int(self.path.read_text()))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def advance(self, by: timedelta) -> None:
        if self.path is None:
            raise ValueError("this stack has no clock that can be moved: start it again")
        if not timedelta() < by <= timedelta(days=MAX_DAYS):
            raise ValueError(f"the clock moves forward by up to {MAX_DAYS} days, never back")
        ahead = (self.offset() + by) // timedelta(milliseconds=1)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{ahead}\n")
        fresh.replace(self.path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--stack", type=Path, default=Path(".local/stack.json"), help="the stack.json of the stack"
    )
    parser.add_argument(
        "--days", type=float, default=0, help="days to move forward, for example 0.5"
    )
    options = parser.parse_args()
    try:
        clock = Clock(json.loads(options.stack.read_text()).get("clock_file"))
        if options.days:
            clock.advance(timedelta(days=options.days))
    except FileNotFoundError:
        print(f"there is no {options.stack}: start the stack with `make run` or `make up`")
        return 1
    except (ValueError, OverflowError) as error:
        print(error)
        return 1
    print(
        f"the time of the local stack is {clock.now():%a %d %b %Y %H:%M} UTC, "
        f"{_describe_offset(clock.offset())}"
    )
    return 0


def _describe_offset(ahead: timedelta) -> str:
    if not ahead:
        return "the same as this machine"
    hours = ahead // timedelta(hours=1)
    return f"{hours // 24} days {hours % 24} hours ahead of this machine"


if __name__ == "__main__":
    sys.exit(main())
