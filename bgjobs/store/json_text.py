"""Reading the json and jsonb of records, which is half of what reading a record costs."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from psycopg.adapt import Loader
from psycopg.types.json import JsonbLoader

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.abc import Buffer

# What json.loads comes to in the end; it looks for an encoding and for blanks before that.
_scan: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined] # not in its stub


def read_quickly(connection: "Connection") -> None:
    """Have a connection read json and jsonb by the shortest way, unless the job has set its own.

    msgspec, where it is installed, takes a third of the time and reads the same values: integers
    of any size too, which others round.
    """
    if JsonbLoader._loads is not json.loads:  # noqa: SLF001 - psycopg's set_json_loads() was called
        return
    reader = _by_msgspec() or JsonText
    for name in ("json", "jsonb"):
        connection.adapters.register_loader(name, reader)


class JsonText(Loader):
    """Reads what the server knows to be JSON."""

    def load(self, data: "Buffer") -> Any:  # noqa: ANN401 - any JSON
        """Return the value."""
        text = str(data, "utf-8")
        try:
            return _scan(text, 0)[0]
        except StopIteration:  # it begins with a blank, as json may
            return json.loads(text)


@cache
def _by_msgspec() -> type[JsonText] | None:
    try:
        from msgspec.json import Decoder  # type: ignore[import-not-found] # an option of users
    except ImportError:
        return None
    decode = Decoder().decode

    class MsgspecText(JsonText):
        def load(self, data: "Buffer") -> Any:  # noqa: ANN401 - any JSON
            try:
                return decode(data)
            except (ValueError, RecursionError):  # a lone surrogate, or numbers beyond all bounds
                return super().load(data)

    return MsgspecText
