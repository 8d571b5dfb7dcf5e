"""What the demo remembers between runs: which marketplace is loaded, which campaign it launched.

Reads and writes demo.json beside stack.json. Belongs to one stack: a stack that was made anew
(other user pool, other secret) starts from nothing. Written by replacing the file, never half.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path


class Marker:
    """`marketplace` and `campaign` are plain objects, empty when there is none."""

    def __init__(self, stack_file: Path, stack: dict):
        self.path = stack_file.parent / "demo.json"
        self.stack = _identity(stack)
        known = self._read()
        self.marketplace: dict = known.get("marketplace") or {}
        self.campaign: dict = known.get("campaign") or {}
        self.as_of: dict = known.get("as_of") or {}  # per seed, so that a repeated load repeats

    def save(self) -> None:
        content = {
            "stack": self.stack,
            "marketplace": self.marketplace,
            "campaign": self.campaign,
            "as_of": self.as_of,
        }
        fresh = self.path.with_suffix(".json.new")
        fresh.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(fresh, self.path)

    def forget(self) -> None:
        self.marketplace, self.campaign = {}, {}
        self.save()

    def _read(self) -> dict:
        try:
            known = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        same = isinstance(known, dict) and known.get("stack") == self.stack
        return known if same else {}


def _identity(stack: dict) -> str:
    """A fingerprint, since the secret itself has no place in a second file."""
    parts = [
        stack["api_url"],
        stack["client_id"],
        stack["webhook_secret"],
        stack.get("user_pool_id"),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
