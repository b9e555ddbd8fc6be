"""A file of variables: one NAME=value a line, or as /proc/1/environ has them."""

import re

from bgjobs.errors import ConfigError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_QUOTES = "'\""


def read_env_file(content: str, name: str) -> dict[str, str]:
    """The variables by name; a value may stand in quotes, `#` begins a comment line.

    ConfigError names the line that is none of these; its text, which may be a secret, is not told.
    """
    if "\0" in content:
        pairs = (item.partition("=") for item in content.split("\0") if item)
        return {key: value for key, _, value in pairs}
    found = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise ConfigError(f"{name}:{number}: this is not NAME=value")
        found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1]
    return value[1:-1] if quoted else value
