"""What the checks found, and how a person reads it.

Reads nothing. Guarantees: the table has every finding, and the exit code is 0 only if none is red
and none is unknown.
"""

from collections import Counter
from dataclasses import dataclass

GREEN, YELLOW, RED, UNKNOWN = "green", "yellow", "red", "unknown"
LEVELS = (RED, UNKNOWN, YELLOW, GREEN)
COLOURS = {GREEN: "32", YELLOW: "33", RED: "31", UNKNOWN: "35"}
EXIT_RED, EXIT_UNKNOWN = 1, 3


@dataclass(frozen=True)
class Finding:
    """One answer of the account: what was measured, what is needed, and how to mend it."""

    group: str
    check: str
    level: str
    measured: str
    needed: str = ""
    mend: str = ""


def last_part(arn):
    """Returns the name at the end of an ARN, which fits into a table."""
    return arn.rsplit(":", 1)[-1]


def exit_code(findings):
    """Returns 1 if something is red, 3 if something is only unknown, else 0."""
    levels = {finding.level for finding in findings}
    return EXIT_RED if RED in levels else EXIT_UNKNOWN if UNKNOWN in levels else 0


def verdict(findings):
    """Returns the sentence in which the findings end."""
    counts = Counter(finding.level for finding in findings)
    numbers = ", ".join(f"{counts[level]} {level}" for level in LEVELS if counts[level])
    if counts[RED]:
        return f"NOT READY: {numbers}"
    if counts[UNKNOWN]:
        return f"NOT KNOWN: {numbers}. Grant what is missing and ask again"
    return f"READY: {numbers}"


def render_table(findings, colour=False):
    """Returns the findings as lines: a row each, and how to mend what is not green below it."""
    widths = [
        max(len(text) for text in column)
        for column in zip(
            *[("", finding.check, finding.measured) for finding in findings], strict=True
        )
    ]
    lines, group = [], None
    for finding in findings:
        if finding.group != group:
            group = finding.group
            lines += ["", group]
        level = finding.level.ljust(7)
        if colour:
            level = f"\033[{COLOURS[finding.level]}m{level}\033[0m"
        row = f"  {level}  {finding.check:<{widths[1]}}  {finding.measured:<{widths[2]}}  "
        row += f"needed: {finding.needed}" if finding.needed else ""
        lines.append(row.rstrip())
        if finding.mend and finding.level != GREEN:
            lines.append(f"           -> {finding.mend}")
    return "\n".join([*lines, "", verdict(findings)])


def as_json(findings, report, ramp):
    """Returns what `--json` prints; `report` is what the product's API takes."""
    return {
        "ready": exit_code(findings) == 0,
        "verdict": verdict(findings),
        "report": report,
        "ramp": ramp,
    }
