"""Secrets, and what no database column can hold, taken out of text before it is kept or shown."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

STACK_LIMIT = 16_384
HIDDEN = "***"
_CUT = "\n[… cut …]\n"
# Shorter values stand in too many words to be hidden wherever their letters follow one another.
_SHORT = 4
# Lower case; without one of these no pattern can match, and none is compiled.
_MARKS = ("://", "passw", "pwd", "secret", "token", "key", "bearer", "akia", "asia", "eyj", "-----")


class Mask:
    """Hides the values of `secrets` in any text, and whatever else looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(_clean(secret)) if form}
        self._secrets = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` as it may be kept: masked, without control characters."""
        text = _clean(text)
        for secret in self._secrets:
            if secret in text:
                text = _hide(secret, text)
        lower = text.lower()
        if any(mark in lower for mark in _MARKS):
            for pattern, replacement in _patterns():
                text = pattern.sub(replacement, text)
        return text

    def stack(self, text: str) -> str:
        """Return `text` masked and within 16 KiB of UTF-8; its end says the most and is kept."""
        raw = self(text).encode()
        if len(raw) <= STACK_LIMIT:
            return raw.decode()
        head = raw[: STACK_LIMIT // 4].decode(errors="ignore")
        tail = raw[len(head.encode()) + len(raw) - STACK_LIMIT + len(_CUT.encode()) :]
        return f"{head}{_CUT}{tail.decode(errors='ignore')}"


def mask_parameters(params: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return `params` as they may be stored: those named in `secrets` hidden, the others masked."""
    mask = Mask(str(params[name]) for name in secrets if params.get(name) is not None)
    return {
        name: HIDDEN if name in secrets and value is not None else _masked(mask, value)
        for name, value in params.items()
    }


def _masked(mask: Mask, value: Any) -> Any:  # noqa: ANN401 - whatever TOML can hold
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_masked(mask, item) for item in value]
    return value


def _forms(secret: str) -> tuple[str, ...]:
    """The secret as it stands in text, in a URL, and in a quoted literal."""
    from urllib.parse import quote, quote_plus

    return secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1]


def _hide(secret: str, text: str) -> str:
    if len(secret) >= _SHORT:
        return text.replace(secret, HIDDEN)
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)


def _clean(text: str) -> str:
    if not text.isprintable():
        for pattern, replacement in _controls():
            text = pattern.sub(replacement, text)
        # A lone surrogate cannot be encoded, and would lose the whole row.
        text = text.encode("utf-8", "replace").decode()
    return text


@cache
def _controls() -> tuple[tuple[re.Pattern[str], str], ...]:
    return (
        (re.compile(r"\r\n?"), "\n"),
        (re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)"), ""),
        (re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"), ""),
    )


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    value = r"""(?:'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|[^\s,;&)'"]+)"""
    name = r"(?:passw(?:or)?d|pwd|secret|token|api_?key|access_?key)"
    return (
        (re.compile(r"-----BEGIN [^-\n]+-----.*?(?:-----END [^-\n]+-----|\Z)", re.DOTALL), HIDDEN),
        # Up to the last @: a password that was not quoted may itself hold one.
        (re.compile(r"""(\w://[^\s:/@"'`]*):[^\s"'`]*@"""), rf"\1:{HIDDEN}@"),
        (re.compile(rf"({name}\s*=>?\s*){value}", re.IGNORECASE | re.DOTALL), rf"\1{HIDDEN}"),
        (
            re.compile(rf"""({name}["']\s*:\s*){value}""", re.IGNORECASE | re.DOTALL),
            rf'\1"{HIDDEN}"',
        ),
        (re.compile(r"\b(Bearer)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
        (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), rf"\1{HIDDEN}"),
        (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
    )
