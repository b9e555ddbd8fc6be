"""The lines of a TOML document's tables and keys: tomllib tells none for what it has read."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

# The longer strings first; the last one or two quotes before a closing triple belong to the text.
_TOKEN = re.compile(
    r"""(?P<quoted>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
    r"""|(?P<mark>[\[\]{},=.\n])|(?P<blank>[^\S\n]+|\#[^\n]*)|(?P<bare>[^\s\[\]{},=.\#"']+)""",
    re.DOTALL,
)
Path = tuple[str, ...]


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def places(text: str) -> dict[Path, int]:
    """Return the line, from 1, on which each table and key of `text`, valid TOML, first stands."""
    return _Scan(text).document()


class _Scan:
    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), _Token("mark", "", 0)]
        self._at = 0
        self._lines: dict[Path, int] = {}

    def document(self) -> dict[Path, int]:
        table: Path = ()
        while self._text():
            if self._skip("\n"):
                continue
            if self._text() == "[":
                while self._skip("["):
                    pass
                table = self._key(())
                while self._skip("]"):
                    pass
            else:
                self._pair(table)
        return self._lines

    def _text(self) -> str:
        token = self._tokens[self._at]
        return token.text if token.kind == "mark" else token.text or "''"

    def _skip(self, *marks: str) -> bool:
        token = self._tokens[self._at]
        found = token.kind == "mark" and token.text in marks
        self._at += found
        return found

    def _key(self, table: Path) -> Path:
        while True:
            token = self._tokens[self._at]
            table = (*table, _name(token))
            self._lines.setdefault(table, token.line)
            self._at += 1
            if not self._skip("."):
                return table

    def _pair(self, table: Path) -> None:
        path = self._key(table)
        self._skip("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._skip("["):
            while not self._skip("]"):
                if not self._skip(",", "\n"):
                    self._value(path)
        elif self._skip("{"):
            while not self._skip("}"):
                if not self._skip(",", "\n"):
                    self._pair(path)
        else:
            # A date or a fraction is several tokens.
            while self._tokens[self._at].kind != "mark" or self._text() == ".":
                self._at += 1


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text.replace("\r\n", "\n")):
        kind = found.lastgroup or ""
        if kind != "blank":
            yield _Token(kind, found.group(), line)
        line += found.group().count("\n")


def _name(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    if token.text.startswith("'"):
        return token.text[1:-1]
    try:
        return str(json.loads(token.text))
    except ValueError:
        return token.text[1:-1]
