"""The answer of `bgjobs check`, as monitoring plugins give it."""

from collections.abc import Sequence

from bgjobs.present.table import line


def check(level: str, judged: Sequence[tuple[str, str, str]]) -> str:
    """One line to sum up, and one for each job that is not "OK"; each is (level, job, why)."""
    bad = [one for one in judged if one[0] != "OK"]
    number = f"{len(judged)} job{'' if len(judged) == 1 else 's'}"
    said = f"{len(bad)} of {number} need a look" if bad else f"{number} well"
    lines = [f"BGJOBS {level}: {said}", *(line(f"{at} {job}: {why}") for at, job, why in bad)]
    return "\n".join(lines)


def unknown(reason: str) -> str:
    """The line for what could not be looked at."""
    return f"BGJOBS UNKNOWN: {line(' '.join(reason.split()))}"
