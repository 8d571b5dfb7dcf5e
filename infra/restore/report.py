"""What a restore has to say at its end, and the objectives that it is measured by.

Reads nothing. The objectives are those of docs/operating.md, Restore.
"""

RECOVERY_TIME = 4 * 3600  # seconds
RECOVERY_POINT = 5 * 60


def render_report(report, steps, local):
    """Returns what a person has to know, as lines."""
    total = sum(seconds for _, seconds in steps)
    lines = ["", f"Restored {report['stack']} to {report['moment']} as {report['drill']}"]
    if local:
        lines.append(
            "On the local AWS: it has no history, so the tables are those of now, and the times "
            "say nothing about AWS"
        )
    for name, table in report.get("tables", {}).items():
        settings = ", ".join(table["settings"]) or "none"
        lines.append(
            f"  {name:<28} {table['how']}, ready after {table['ready_after_seconds']:g} s; put "
            f"back: {settings}"
        )
    lines.append(
        f"  paused: {len(report.get('paused', []))} campaigns; disabled: "
        f"{len(report.get('endpoints_disabled', []))} webhook endpoints"
    )
    for role, stages in report.get("vouchers", {}).items():
        numbers = ", ".join(f"{stage} {count:,}" for stage, count in stages.items()) or "none"
        lines.append(f"  vouchers of the {role:<6} stack: {sum(stages.values()):,} ({numbers})")
    for row in report.get("missing", []):
        lines.append(
            f"  WRONG: campaign {row['campaign']} has {row['first']:,} vouchers in the first stack "
            f"and {row['second']:,} in the second"
        )
    for row in report.get("moved_since", []):
        lines.append(f"  moved since the moment: campaign {row['campaign']}: {row['stages']}")
    if "recount" in report:
        lines.append(f"  recount: {report['recount']['status']}, {report['recount']['state']}")
    lines += ["", "step                                                      seconds"]
    lines += [f"{name:<56}  {seconds:7.1f}" for name, seconds in steps]
    lines.append(f"{'total':<56}  {total:7.1f}")
    lines.append("")
    if local:
        return "\n".join(
            [*lines, "recovery point and time: measured by a drill in an account only"]
        )
    lines.append(objective("recovery point", report["lost_seconds"], RECOVERY_POINT))
    lines.append(objective("recovery time", total, RECOVERY_TIME))
    return "\n".join(lines)


def objective(name, seconds, most):
    """Returns a line that compares what was measured with an objective."""
    return (
        f"{name}: {seconds:,.0f} s, objective {most:,} s: {'met' if seconds <= most else 'MISSED'}"
    )
