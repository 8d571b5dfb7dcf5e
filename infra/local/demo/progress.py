"""Records the demo's progress between runs: the loaded marketplace and the launched campaign.

Reads and writes demo.json beside stack.json. The file belongs to one stack: a new stack (another
user pool, another secret) starts from nothing. Guarantees: the file is replaced as a whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path


class DemoProgress:
    """The content of demo.json; `marketplace` and `campaign` are empty if there is none."""

    def __init__(self, stack_file: Path, stack: dict):
        self.path = stack_file.parent / "demo.json"
        self.stack = _stack_fingerprint(stack)
        stored = self._read()
        self.marketplace: dict = stored.get("marketplace") or {}
        self.campaign: dict = stored.get("campaign") or {}
        self.as_of: dict = (
            stored.get("as_of") or {}
        )  # the moment of loading for each seed, so that a repeated load sends the same records

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

    def reset(self) -> None:
        self.marketplace, self.campaign = {}, {}
        self.save()

    def _read(self) -> dict:
        try:
            stored = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        same = isinstance(stored, dict) and stored.get("stack") == self.stack
        return stored if same else {}


def _stack_fingerprint(stack: dict) -> str:
    """Returns a fingerprint of the stack, because a second file must not contain the secret."""
    parts = [
        stack["api_url"],
        stack["client_id"],
        stack["webhook_secret"],
        stack.get("user_pool_id"),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
