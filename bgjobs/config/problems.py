"""What is wrong with jobs.toml: all of it, each with its line."""

from collections.abc import Iterable

from bgjobs.errors import ConfigError

Table = tuple[str, ...]


class Problems:
    """Collects what is wrong, so that a person mends it in one go."""

    def __init__(self) -> None:
        # A wrong default is met by every job and told once.
        self._found: dict[tuple[Table, str | None, str], None] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, table: Table, key: str | None, message: str) -> None:
        """Note what is wrong with a key, or with the table itself."""
        self._found[table, key, message] = None

    def raise_any(self, label: str, text: str) -> None:
        """Raise what was found in `text`, in the order of its lines; `label` names the file.

        Raises:
            ConfigError: Something was; one line for each.
        """
        if not self._found:
            return
        from bgjobs.config.places import places

        lines = places(text)
        told = [
            (lines.get((*table, key or ""), lines.get(table, 0)), _section(table), message)
            for table, key, message in self._found
        ]
        told.sort(key=lambda problem: problem[0])
        raise ConfigError(
            "\n".join(
                f"{label}:{line}: {section}{message}" if line else f"{label}: {section}{message}"
                for line, section, message in told
            )
        )


def suggestion(word: str, known: Iterable[str], shape: str = '"{}"') -> str:
    """Return ` (did you mean "…"?)`, or nothing where no word is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 1)
    return f" (did you mean {shape.format(near[0])}?)" if near else ""


def spelled(value: object) -> str:
    """Return a value about as TOML writes it, cut where it is long."""
    from tomli_w import dumps

    text = dumps({"": value}).removeprefix('"" = ').strip() if value != {} else "{}"
    text = " ".join(text.split()) if not isinstance(value, dict) else "a table"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _section(table: Table) -> str:
    from bgjobs.config.names import is_plain

    if not table:
        return ""
    parts = (part if is_plain(part) else spelled(part) for part in table)
    return f"[{'.'.join(parts)}] "


_LONGEST = 60
