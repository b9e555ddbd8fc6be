"""Makes the data directory of the embedded Postgres, and starts a server on it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bgjobs.errors import ConfigError
from bgjobs.host.account import Account, account_for
from bgjobs.host.binaries import binaries

_INITDB = (
    "--username=postgres",
    "--auth-local=trust",  # who reaches the socket is told by its directory's mode
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    "--no-sync",
)
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": "..",  # seen from the data: the home may be moved
    "unix_socket_permissions": "0700",
    "dynamic_shared_memory_type": "mmap",  # systemd removes a user's other kinds at logout
    "max_parallel_workers": "0",  # they are what needs dynamic shared memory
    "max_connections": "50",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_LOG_BYTES = 10_000_000


def make_home(home: Path) -> None:
    """Make the directory and what is missing above it, private to the account of the server."""
    account = account_for(home)
    missing = [home] if not home.exists() else []
    while missing and not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    try:
        for place in reversed(missing):
            place.mkdir(mode=0o700, exist_ok=True)
            _give(place, account)
    except OSError as error:
        raise ConfigError(f"embedded:{home} cannot be created: {error.strerror}") from None


def initialise(home: Path, settings: Mapping[str, str], lock: int) -> None:
    """Make `home`/data unless it is there, whole or not at all.

    `lock` is the caller's hold on the home. initdb shares it, so that it is still held when the
    caller is killed and its initdb is not.
    """
    data, fresh = home / "data", home / "data.new"
    if data.exists():
        return
    if {found.name for found in home.iterdir()} - {"data.new", "server.log"}:
        raise ConfigError(f"embedded:{home} contains other files: give it its own directory")
    shutil.rmtree(fresh, ignore_errors=True)  # left by one that was killed here
    account = account_for(home)
    _give(home, account)
    programs = binaries()
    _check_reach(programs, home, account)
    run = partial(_run, home=home, account=account, lock=lock)
    run([programs / "initdb", "--pgdata", fresh, *_INITDB])
    lines = [f"{name} = '{value}'\n" for name, value in {**_SETTINGS, **settings}.items()]
    run(["/usr/bin/tee", "-a", fresh / "postgresql.conf"], text="".join(lines))
    if settings.get("fsync") != "off":
        run([programs / "initdb", "--pgdata", fresh, "--sync-only"])
    fresh.rename(data)


def start(home: Path, seconds: int) -> str | None:
    """Start the server and wait until it answers; what it complained of when it did not."""
    account = account_for(home / "data")
    programs = binaries(int((home / "data/PG_VERSION").read_text()))
    _check_reach(programs, home, account)
    log = home / "server.log"
    before = log.stat().st_size if log.exists() else 0
    if before > _LOG_BYTES:
        log.replace(home / "server.log.1")
        before = 0
    # pg_ctl puts PATHs given as arguments into a shell's line; by environment and cwd it does not.
    # The server inherits these streams and holds them for its life: never a pipe of ours.
    done = subprocess.run(
        [programs / "pg_ctl", "start", "--wait", f"--timeout={seconds}", "--log=server.log"],
        cwd=home,
        env={**_environment(), "PGDATA": os.fspath(home / "data")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=0o077,
        check=False,
        **(account.arguments if account else {}),
    )
    return None if done.returncode == 0 else _complaint(log, before)


def _complaint(log: Path, since: int) -> str:
    """The last thing of weight in the log."""
    try:
        with log.open("rb") as text:
            text.seek(since)
            lines = text.read().decode(errors="replace").splitlines()
    except OSError as error:
        return f"{log}: {error.strerror}"
    grave = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (grave or lines or ["pg_ctl start failed"])[-1].strip()


def _give(place: Path, account: Account | None) -> None:
    if account:
        os.chown(place, account.uid, account.gid)


def _check_reach(programs: Path, home: Path, account: Account | None) -> None:
    """Root's server runs as somebody whom a directory above may shut out."""
    if account is None:
        return
    for place, what in ((home, "the data"), (programs / "postgres", "the server's programs")):
        asked = subprocess.run(
            ["/usr/bin/test", "-x", place], check=False, cwd="/", **account.arguments
        )
        if asked.returncode:
            raise ConfigError(
                f"Postgres refuses to run as root, and {account.name} cannot reach {what} in "
                f"{place}: put them where others have access (embedded:/var/lib/bgjobs), "
                "or run bgjobs as an ordinary user"
            )


def _run(
    command: list[str | Path], home: Path, account: Account | None, lock: int, text: str = ""
) -> None:
    done = subprocess.run(
        command,
        input=text,
        text=True,
        capture_output=True,
        cwd=home,
        env=_environment(),
        pass_fds=(lock,),
        umask=0o077,
        check=False,
        **(account.arguments if account else {}),
    )
    if done.returncode:
        shutil.rmtree(home / "data.new", ignore_errors=True)
        raise ConfigError(f"embedded:{home} cannot be created: {_reason(done.stderr)}")


def _reason(said: str) -> str:
    """What matters of an error's lines: the last of them may tell of cleaning up only."""
    lines = [line for line in said.splitlines() if line.strip()]
    grave = [line for line in lines if any(mark in line for mark in ("error:", "FATAL", "PANIC"))]
    return (grave or lines or ["no reason given"])[0].strip()


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables, a preloaded library or a locale would change the server."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
