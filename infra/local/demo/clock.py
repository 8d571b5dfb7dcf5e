"""The local stack's clock, which can be moved on: `make later DAYS=1`.

Reads and writes one file, how many milliseconds the stack is ahead of this machine. Its functions
read it several times a second; builds for the cloud have no such clock (`runtime::clock`).
Guarantees: it only ever moves on, since going back would be a day that happens twice.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS_AT_MOST = 366


class Clock:
    def __init__(self, path: str | Path | None):
        self.path = Path(path) if path else None

    def ahead(self) -> timedelta:
        """How far it is ahead of this machine's; nothing where it was never moved."""
        if self.path is None or not self.path.exists():
            return timedelta()
        return timedelta(milliseconds=int(self.path.read_text()))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead()

    def move_on(self, by: timedelta) -> None:
        if self.path is None:
            raise ValueError("this stack has no clock that can be moved: start it anew")
        if not timedelta() < by <= timedelta(days=DAYS_AT_MOST):
            raise ValueError(f"it moves on by up to {DAYS_AT_MOST} days, never back")
        ahead = (self.ahead() + by) // timedelta(milliseconds=1)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{ahead}\n")
        fresh.replace(self.path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--stack", type=Path, default=Path(".local/stack.json"), help="the stack's file"
    )
    parser.add_argument("--days", type=float, default=0, help="may be a part of a day")
    options = parser.parse_args()
    try:
        clock = Clock(json.loads(options.stack.read_text()).get("clock_file"))
        if options.days:
            clock.move_on(timedelta(days=options.days))
    except FileNotFoundError:
        print(f"there is no {options.stack}: start the stack with `make run` or `make up`")
        return 1
    except (ValueError, OverflowError) as error:
        print(error)
        return 1
    print(f"the local stack's time is {clock.now():%a %d %b %Y %H:%M} UTC, {_words(clock.ahead())}")
    return 0


def _words(ahead: timedelta) -> str:
    if not ahead:
        return "as this machine's"
    hours = ahead // timedelta(hours=1)
    return f"{hours // 24} days {hours % 24} hours ahead of this machine's"


if __name__ == "__main__":
    sys.exit(main())
