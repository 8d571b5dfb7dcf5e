"""Prints the demo: steps with their time, a progress line, tables, bars, money.

Reads nothing; writes to one stream. On a terminal it redraws one progress line and uses a little
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

WIDTH = 100  # columns; no line is longer
BAR = 28  # columns of a full bar
PLAIN_LINE_SECONDS = 4.0  # between two lines of progress where there is no terminal
LIVE_LINE_SECONDS = 0.1  # between two redraws where there is one
INDENT = "      "
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class DemoFailed(Exception):
    """The demo cannot continue; the message gives the reason and what to do."""


class Screen:
    """The output of the demo; nothing else prints."""

    def __init__(self, stream=None, steps: int = 8):
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
        self._last_progress = ""

    def line(self, text: str = "") -> None:
        if self.tty and self._live:
            self.stream.write("\r\x1b[2K")
        self._live = ""
        self.stream.write(text.rstrip() + "\n")
        self.stream.flush()

    def say(self, text: str = "") -> None:
        """Prints a line inside a step."""
        self.line(INDENT + text if text else "")

    def print_error(self, text: str) -> None:
        """Prints an error, on several lines if it is long."""
        room = WIDTH - len(INDENT)
        for part in textwrap.wrap(text, room, subsequent_indent="  ", break_on_hyphens=False):
            self.say(self.mark_bad(part))

    def show_progress(self, text: str) -> None:
        """Redraws the progress line or, without a terminal, prints one now and then."""
        now = time.monotonic()
        if now - self._live_at < (LIVE_LINE_SECONDS if self.tty else PLAIN_LINE_SECONDS):
            return
        self._live_at = now
        if not self.tty:
            if text != self._last_progress:  # repeated lines are useless in a log
                self._last_progress = text
                self.line(INDENT + text)
            return
        self._live = text
        room = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) - 1
        self.stream.write("\r\x1b[2K" + self.dim((INDENT + text)[:room]))
        self.stream.flush()

    @contextmanager
    def step(self, title: str):
        """Prints the title of a numbered step, and at its end the time it took."""
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
        """Prints a table: the first `left` columns align left, the others right."""
        if not rows:
            return
        widths = [max(map(visible_width, column)) for column in zip(*rows)]
        for row in rows:
            cells = [
                pad_text(cell, width) if place < left else pad_text(cell, -width)
                for place, (cell, width) in enumerate(zip(row, widths))
            ]
            self.say("  ".join(cells))

    def bar(self, part: float, whole: float, width: int = BAR) -> str:
        share = min(1.0, part / whole) if whole > 0 else 0.0
        full = round(share * width)
        return self.block * (max(1, full) if part > 0 else 0)

    def bold(self, text: str) -> str:
        return self._colour("1", text)

    def dim(self, text: str) -> str:
        return self._colour("2", text)

    def mark_good(self, text: str) -> str:
        return self._colour("32", text)

    def mark_bad(self, text: str) -> str:
        return self._colour("31", text)

    def _colour(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


class StallTimer:
    """A bounded wait that starts again with each progress."""

    def __init__(self, seconds: float, pause: float):
        self.seconds = seconds
        self.pause = pause
        self._seen: object = object()
        self._since = time.monotonic()

    def keep_waiting(self, progress: object) -> bool:
        """Sleeps for `pause`; returns False once `progress` has not changed for `seconds`."""
        now = time.monotonic()
        if progress != self._seen:
            self._seen, self._since = progress, now
        if now - self._since >= self.seconds:
            return False
        time.sleep(self.pause)
        return True


def format_count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def format_percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def format_money(minor: int | None, currency: str = "") -> str:
    """Formats minor units; currencies without cents get no decimals."""
    if minor is None:
        return "-"
    if currency in ("JPY", "KRW", "CLP", "VND", "ISK"):
        text = f"{minor:,}"
    else:
        text = f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02}"
    return f"{text} {currency}".rstrip()


def visible_width(text: str) -> int:
    return len(ESCAPES.sub("", text))


def pad_text(text: str, width: int) -> str:
    """Pads with spaces on the right, or on the left if the width is negative."""
    space = " " * max(0, abs(width) - visible_width(text))
    return text + space if width >= 0 else space + text
