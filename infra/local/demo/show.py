"""What the demo prints: steps with their time, a live line, tables, bars, money.

Reads nothing, writes to one stream. On a terminal it redraws one live line and uses a little
colour (NO_COLOR is respected); elsewhere it prints a plain line every few seconds.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import time
from contextlib import contextmanager

WIDTH = 100  # columns that no line passes
BAR = 28  # columns of a full bar
PLAIN_LINE_SECONDS = 4.0  # between two lines of progress where there is no terminal
LIVE_LINE_SECONDS = 0.1  # between two redraws where there is one
INDENT = "      "
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class GaveUp(Exception):
    """The story cannot go on; the message says why and what to do."""


class Screen:
    """The one place that prints."""

    def __init__(self, stream=None, steps: int = 7):
        self.stream = stream or sys.stdout
        self.tty = self.stream.isatty()
        self.colour = (
            self.tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        )
        encoding = (getattr(self.stream, "encoding", None) or "ascii").lower()
        self.block = "█" if "utf" in encoding else "#"
        self.steps = steps
        self.step_number = 0
        self._live = ""
        self._live_at = 0.0
        self._said = ""

    def line(self, text: str = "") -> None:
        if self.tty and self._live:
            self.stream.write("\r\x1b[2K")
        self._live = ""
        self.stream.write(text.rstrip() + "\n")
        self.stream.flush()

    def say(self, text: str = "") -> None:
        """A line inside a step."""
        self.line(INDENT + text if text else "")

    def trouble(self, text: str) -> None:
        """What went wrong, wrapped where it is long."""
        room = WIDTH - len(INDENT)
        for part in textwrap.wrap(text, room, subsequent_indent="  ", break_on_hyphens=False):
            self.say(self.bad(part))

    def live(self, text: str) -> None:
        """Progress: redraws one line, or, without a terminal, prints one now and then."""
        now = time.monotonic()
        if now - self._live_at < (LIVE_LINE_SECONDS if self.tty else PLAIN_LINE_SECONDS):
            return
        self._live_at = now
        if not self.tty:
            if text != self._said:  # a log has no use for the same line again
                self._said = text
                self.line(INDENT + text)
            return
        self._live = text
        room = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) - 1
        self.stream.write("\r\x1b[2K" + self.dim((INDENT + text)[:room]))
        self.stream.flush()

    @contextmanager
    def step(self, title: str):
        """A numbered step of the story, closed by the time it took."""
        self.step_number += 1
        self.line()
        self.line(self.bold(f"[{self.step_number}/{self.steps}] {title}"))
        started = self._live_at = time.monotonic()
        yield
        self.say(self.dim(f"took {time.monotonic() - started:.1f} s"))

    def heading(self, text: str) -> None:
        self.line()
        self.say(self.bold(text))

    def table(self, rows: list[list[str]], left: int = 1) -> None:
        """Aligned columns: the first `left` to the left, the rest to the right."""
        if not rows:
            return
        widths = [max(map(shown_width, column)) for column in zip(*rows)]
        for row in rows:
            cells = [
                pad(cell, width) if place < left else pad(cell, -width)
                for place, (cell, width) in enumerate(zip(row, widths))
            ]
            self.say("  ".join(cells))

    def bar(self, part: float, whole: float, width: int = BAR) -> str:
        share = min(1.0, part / whole) if whole > 0 else 0.0
        full = round(share * width)
        return self.block * (max(1, full) if part > 0 else 0)

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def dim(self, text: str) -> str:
        return self._in("2", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def bad(self, text: str) -> str:
        return self._in("31", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


class Patience:
    """A bounded wait: true while there is time left, and it starts again on every progress."""

    def __init__(self, seconds: float, pause: float):
        self.seconds = seconds
        self.pause = pause
        self._seen: object = object()
        self._since = time.monotonic()

    def left(self, progress: object) -> bool:
        """Sleeps for a moment; false once `progress` has not changed for `seconds`."""
        now = time.monotonic()
        if progress != self._seen:
            self._seen, self._since = progress, now
        if now - self._since >= self.seconds:
            return False
        time.sleep(self.pause)
        return True


def count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def money(minor: int | None, currency: str = "") -> str:
    """Minor units as people write them; currencies without cents have none."""
    if minor is None:
        return "-"
    if currency in ("JPY", "KRW", "CLP", "VND", "ISK"):
        text = f"{minor:,}"
    else:
        text = f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02}"
    return f"{text} {currency}".rstrip()


def shown_width(text: str) -> int:
    return len(ESCAPES.sub("", text))


def pad(text: str, width: int) -> str:
    """To the right with spaces; a negative width pads on the left."""
    space = " " * max(0, abs(width) - shown_width(text))
    return text + space if width >= 0 else space + text
