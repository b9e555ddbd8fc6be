"""[database]: from url, service, password_file and the environment to one connection string."""

from collections.abc import Mapping
from os import stat_result
from pathlib import Path

from bgjobs.config.file import is_private, read
from bgjobs.config.paths import EMBEDDED
from bgjobs.config.problems import Problems
from bgjobs.errors import ConfigError

VARIABLE = "BGJOBS_DATABASE_URL"
_TABLE = ("database",)


def reach(
    database: object,
    path: Path,
    status: stat_result,
    environ: Mapping[str, str],
    problems: Problems,
    *,
    trusted: int | None = None,
) -> str | None:
    """Return the connection string, None where it is left to libpq's environment.

    The strings in `database` may be of no use; that is told elsewhere.
    """
    given = environ.get(VARIABLE)
    table = database if isinstance(database, dict) else {}
    strings = {name: value for name, value in table.items() if isinstance(value, str) and value}
    private = is_private(status, trusted)
    _check(strings, path, problems, private=private)
    if given:
        return given
    url = strings.get("url")
    if "service" in strings:
        url = f"service={strings['service']}"
    if "password_file" not in strings:
        return url
    place = path.parent / Path(strings["password_file"]).expanduser()
    password = _password(place, problems, trusted)
    return url if password is None else _with_password(url, password)


def _check(strings: Mapping[str, str], path: Path, problems: Problems, *, private: bool) -> None:
    url = strings.get("url", "")
    if url and "service" in strings:
        problems.add(_TABLE, "service", "service: give either url or service, not both")
    if url.startswith(EMBEDDED) and "password_file" in strings:
        problems.add(_TABLE, "password_file", "password_file: the embedded server has no password")
    if not holds_password(url):
        return
    if "password_file" in strings:
        problems.add(_TABLE, "password_file", "password_file: url has a password too")
    if not private:
        problems.add(
            _TABLE,
            "url",
            f"url contains a password and others can read the file: chmod 600 {path}, "
            "or move the password into a password_file",
        )


def holds_password(url: str) -> bool:
    """Whether a URL or connection string has a password in it."""
    import re

    scheme, separator, rest = url.partition("://")
    if separator and scheme.isidentifier():
        login, at, _ = rest.partition("/")[0].rpartition("@")
        if at and ":" in login:
            return True
    return re.search(r"(?:^|[\s?&])(?:password|sslpassword)\s*=\s*[^\s&]", url) is not None


def _password(path: Path, problems: Problems, trusted: int | None) -> str | None:
    try:
        text, status = read(path)
    except ConfigError as error:
        problems.add(_TABLE, "password_file", f"password_file: {error}")
        return None
    if not is_private(status, trusted):
        problems.add(
            _TABLE, "password_file", f"password_file: others can read it: chmod 600 {path}"
        )
    password = text.removesuffix("\n").removesuffix("\r")
    if not password or "\n" in password or "\0" in password:
        problems.add(
            _TABLE, "password_file", f"password_file: {path} must contain one line, the password"
        )
    return password


def _with_password(url: str | None, password: str) -> str:
    if url and "://" in url:
        from urllib.parse import quote

        return f"{url}{'&' if '?' in url else '?'}password={quote(password, safe='')}"
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    return f"{url or ''} password='{escaped}'".strip()
