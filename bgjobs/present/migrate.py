"""What a migration did."""

from collections.abc import Sequence

from bgjobs.present.table import line


def migrated(version: int, applied: Sequence[str], audit: str | None) -> str:
    """A line for each step; `audit` is the table that was created."""
    lines = [f"applied {step}" for step in applied]
    lines += [f"created the audit table {audit}"] if audit else []
    lines = lines or ["nothing to do"]
    return "\n".join(map(line, [*lines, f"the ledger is at version {version}"]))
