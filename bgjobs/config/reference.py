"""The keys of jobs.toml as tables of Markdown, for the README."""

from collections.abc import Mapping

from bgjobs.config.keys import AUDIT, CRON, DATABASE, JOB, ROOT, Key

_HEAD = ("key", "meaning", "default", "example")


def reference() -> str:
    """Return a table for each section; keys with a star may also stand in [defaults]."""
    sections = {
        "At the top": ROOT,
        "`[database]`": DATABASE,
        "`[audit]`": AUDIT,
        "`[cron]`": CRON,
        "`[jobs.NAME]`": {name: key for name, key in JOB.items() if key.keys is None},
        **{f"`{key.name}`": key.keys for key in JOB.values() if key.keys is not None},
    }
    return "\n".join(f"**{title}**\n\n{_table(keys)}" for title, keys in sections.items())


def _table(keys: Mapping[str, Key]) -> str:
    rows = [_HEAD, ("---",) * len(_HEAD), *(_row(key) for key in keys.values())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(key: Key) -> tuple[str, ...]:
    name = f"`{key.name}`" + (" *" if key.inherited else "")
    default = f"`{key.default}`" if key.default else ""
    cells = (name, f"{key.meaning} Takes {key.kind.expected}.", default, f"`{key.example}`")
    return tuple(cell.replace("|", "\\|") for cell in cells)
