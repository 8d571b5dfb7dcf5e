"""Tests that the local stack's clock moves forward and never back."""

import json
import subprocess
import sys
import tempfile
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clock import Clock


class ClockTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "clock"

    def test_it_is_this_machines_clock_until_it_is_moved(self):
        self.assertEqual(Clock(self.file).offset(), timedelta())
        self.assertLess(abs(Clock(self.file).now() - datetime.now(UTC)), timedelta(seconds=5))

    def test_moves_add_up_and_are_kept(self):
        for _ in range(3):
            Clock(self.file).advance(timedelta(hours=12))
        self.assertEqual(Clock(self.file).offset(), timedelta(hours=36))
        self.assertEqual(self.file.read_text(), "129600000\n")

    def test_it_goes_neither_back_nor_far(self):
        for days in (0, -1, 400):
            with self.assertRaisesRegex(ValueError, "never back"):
                Clock(self.file).advance(timedelta(days=days))
        self.assertFalse(self.file.exists())

    def test_a_stack_without_a_clock_is_refused(self):
        self.assertEqual(Clock(None).offset(), timedelta())
        with self.assertRaisesRegex(ValueError, "no clock"):
            Clock(None).advance(timedelta(days=1))

    def test_the_command_moves_it_and_prints_the_time(self):
        stack = self.file.with_name("stack.json")
        self.assertEqual(run_clock(stack)[0], 1)
        stack.write_text(json.dumps({"clock_file": str(self.file)}))
        self.assertIn("the same as this machine", run_clock(stack)[1])
        self.assertIn("1 days 12 hours ahead", run_clock(stack, "--days", "1.5")[1])
        self.assertEqual(run_clock(stack, "--days", "-1")[0], 1)
        self.assertEqual(Clock(self.file).offset(), timedelta(days=1.5))


def run_clock(stack: Path, *options: str) -> tuple[int, str]:
    script = Path(__file__).with_name("clock.py")
    command = [sys.executable, str(script), "--stack", str(stack), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


if __name__ == "__main__":
    unittest.main()
