"""The local stack's clock moves on, and never back."""

import json
import subprocess
import sys
import tempfile
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clock import Clock


class Moving(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "clock"

    def test_it_is_this_machines_until_it_is_moved(self):
        self.assertEqual(Clock(self.file).ahead(), timedelta())
        self.assertLess(abs(Clock(self.file).now() - datetime.now(UTC)), timedelta(seconds=5))

    def test_moves_add_up_and_are_kept(self):
        for _ in range(3):
            Clock(self.file).move_on(timedelta(hours=12))
        self.assertEqual(Clock(self.file).ahead(), timedelta(hours=36))
        self.assertEqual(self.file.read_text(), "129600000\n")

    def test_it_neither_goes_back_nor_far(self):
        for days in (0, -1, 400):
            with self.assertRaisesRegex(ValueError, "never back"):
                Clock(self.file).move_on(timedelta(days=days))
        self.assertFalse(self.file.exists())

    def test_a_stack_without_one_says_so(self):
        self.assertEqual(Clock(None).ahead(), timedelta())
        with self.assertRaisesRegex(ValueError, "no clock"):
            Clock(None).move_on(timedelta(days=1))

    def test_the_command_moves_it_and_says_what_time_it_is(self):
        stack = self.file.with_name("stack.json")
        self.assertEqual(told(stack)[0], 1)
        stack.write_text(json.dumps({"clock_file": str(self.file)}))
        self.assertIn("as this machine's", told(stack)[1])
        self.assertIn("1 days 12 hours ahead", told(stack, "--days", "1.5")[1])
        self.assertEqual(told(stack, "--days", "-1")[0], 1)
        self.assertEqual(Clock(self.file).ahead(), timedelta(days=1.5))


def told(stack: Path, *options: str) -> tuple[int, str]:
    script = Path(__file__).with_name("clock.py")
    command = [sys.executable, str(script), "--stack", str(stack), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


if __name__ == "__main__":
    unittest.main()
