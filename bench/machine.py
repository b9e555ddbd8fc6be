"""What it is measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psycopg

from bench.place import SETTINGS, Place, usable_cores
from bgjobs import __version__


def machine(place: Place) -> list[tuple[str, str]]:
    """What a reader has to know of the machine and the programs."""
    with psycopg.connect(place.server) as connection:
        row = connection.execute("SHOW server_version").fetchone() or ("",)
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    return [
        ("processor", f"{_processor()}, {usable_cores()} cores"),
        ("memory", f"{_memory():.0f} GB"),
        ("system", f"{_system()}, Linux {platform.release().partition('-')[0]}"),
        ("Python", platform.python_version()),
        ("PostgreSQL", f"{row[0]}, embedded, fsync on; {settings}"),
        ("bgjobs", __version__),
        ("psycopg", f"{version('psycopg')}, libpq {psycopg.pq.version()}"),
        ("typer", version("typer")),
        ("peers", ", ".join(_pins())),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _pins() -> list[str]:
    lines = (Path(__file__).parent / "requirements.txt").read_text().splitlines()
    return [line.replace("==", " ") for line in lines if line and not line.startswith("#")]
