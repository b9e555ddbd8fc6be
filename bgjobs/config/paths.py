"""The values of jobs.toml that reach outside: URLs, files, mailboxes, cron's variables."""

from bgjobs.config.kinds import Kind, UnfitError, filled, line, text
from bgjobs.config.names import PLAIN, is_plain

_SCHEMES = ("postgresql://", "postgres://")
EMBEDDED = "embedded:"
_STRING = {"type": "string"}


def _url(value: object) -> str:
    url = text(value)
    if url.startswith(_SCHEMES) or (url.startswith(EMBEDDED) and url != EMBEDDED):
        return url
    word, equals, _ = url.partition("=")
    if not (equals and word.strip().isidentifier()):
        raise UnfitError
    return url


def _service(value: object) -> str:
    name = line(value)
    if not name or any(sign in name for sign in " '\\="):
        raise UnfitError
    return name


def _project(value: object) -> str:
    name = text(value)
    if not is_plain(name):
        raise UnfitError
    return name


def _mailbox(value: object) -> str:
    address = line(value)
    if "%" in address or " " in address.strip():
        raise UnfitError("cron would truncate or refuse it")
    return address


def _paths(value: object) -> str:
    paths = line(value)
    if not all(path.startswith("/") for path in paths.split(":")):
        raise UnfitError("each path must begin with /")
    return paths


def _variables(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UnfitError
    names = tuple(text(item) for item in value)
    for name in names:
        if not (name.isascii() and name.isidentifier()):
            raise UnfitError(f'"{name}" is not a variable name')
    return names


URL = Kind("a Postgres URL, a connection string or embedded:PATH", _url, _STRING)
SERVICE = Kind("a service's name", _service, {"type": "string", "pattern": r"^[^\s'\\=]+$"})
PLACE = Kind("a path", filled, {"type": "string", "minLength": 1})
PROJECT = Kind(
    'lower case letters, digits, "-" and "_"',
    _project,
    {"type": "string", "pattern": PLAIN},
)
MAILBOX = Kind('an address, several with commas, or ""', _mailbox, _STRING)
PATHS = Kind("absolute paths with colons between them", _paths, {"type": "string", "pattern": "^/"})
VARIABLES = Kind(
    "a list of names of environment variables",
    _variables,
    {"type": "array", "items": {"type": "string", "pattern": r"^[A-Za-z_]\w*$"}},
)
