"""One key of jobs.toml, as everything that checks or explains it sees it."""

from typing import TYPE_CHECKING, NamedTuple

from bgjobs.config.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Key(NamedTuple):
    """One key.

    `example` and `default` are written as in TOML; no default means that it may be left out.
    `inherited` keys may also stand in [defaults]; a `private` one's value is never repeated.
    `keys` are those of a table; its kind then reads what they have read.
    """

    name: str
    kind: Kind
    meaning: str
    example: str
    default: str = ""
    inherited: bool = False
    private: bool = False
    keys: "Mapping[str, Key] | None" = None


def table(*keys: Key) -> dict[str, Key]:
    """The keys by their names."""
    return {key.name: key for key in keys}
