"""Finds the examples of docs/api.md and runs them in one shell, as a reader would.

The address and the secrets come from the stack.json that `STACK_JSON` names. Guarantees: the first
example that fails ends the run, also one in the middle of a pipe.
"""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "api.md"
RUN_SECONDS = 120
REPEAT_QUIETLY = """import contextlib, io
with contextlib.redirect_stdout(io.StringIO()):
    exec({earlier!r})
"""
RUN = {"python": "python3", "js": "node --input-type=module"}


def find_blocks(*languages):
    """Returns (language, code) of the code blocks in these languages, in the order of the page."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return [(language, code) for language, code in blocks if language in languages]


def shell_script():
    """Returns the examples as one script. The Python examples are one program, as in a session."""
    parts, earlier = ["set -eu -o pipefail"], ""
    for language, code in find_blocks("sh", *RUN):
        if language == "python":
            repeated = REPEAT_QUIETLY.format(earlier=earlier) if earlier else ""
            earlier, code = earlier + code, repeated + code
        is_shell = language == "sh"
        parts.append(code if is_shell else f"{RUN[language]} - <<'END_OF_EXAMPLE'\n{code}END_OF_EXAMPLE")
    return "\n".join(parts)


def run_examples(stack_json):
    """Runs all examples; returns what they printed, and raises AssertionError if one failed."""
    done = subprocess.run(
        ["bash", "-c", shell_script()],
        cwd=ROOT,
        env={**os.environ, "STACK_JSON": str(stack_json)},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    if done.returncode != 0:
        raise AssertionError(f"an example of {PAGE.name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
