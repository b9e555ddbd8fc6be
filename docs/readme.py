"""Writes into README.md what the program says of itself, and what was measured of it."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bgjobs.config.reference import reference
from bgjobs.errors import ExitStatus

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "bench/RESULTS.md"
_COMMANDS = (
    "run", "retry", "list", "next", "history", "show", "status", "failures", "check",
    "pause", "resume", "stop", "validate", "new", "schema", "install-cron", "uninstall-cron",
    "cron-diff", "doctor", "migrate", "db",
)  # fmt: skip


def written(text: str) -> str:
    """README.md as it should read."""
    session = _between(text, "quick start")
    parts = {
        "keys": reference(),
        "statuses": _statuses(),
        "help": "\n".join(_help(command) for command in _COMMANDS),
        "measured": _measured(),
        "quick start": f"```console\n{_played(session)}```\n",
    }
    for name, part in parts.items():
        text = _replaced(text, name, part)
    return text


def _between(text: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"README.md has no part {name!r}")
    return found[1]


def _replaced(text: str, name: str, part: str) -> str:
    old = _between(text, name)
    return text.replace(f"<!-- {name} -->\n{old}<!--", f"<!-- {name} -->\n{part}<!--")


def _statuses() -> str:
    rows = [f"| {status.value} | {status.meaning} |\n" for status in ExitStatus]
    return "".join(["| status | meaning |\n|---|---|\n", *rows])


def _measured() -> str:
    section = RESULTS.read_text("utf-8").partition("## The aims\n\n")[2].partition("\n\n")[0]
    return f"{section}\n"


def _help(command: str) -> str:
    return f"```text\n$ bgjobs {command} --help\n{_output([command, '--help'])}```\n"


def _output(arguments: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bgjobs", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb"},
    )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.strip().splitlines())


def commands(session: str) -> list[str]:
    """The commands of a console session, here documents whole."""
    lines = [line for line in session.splitlines() if not line.startswith("```")]
    found: list[str] = []
    end = None
    for line in lines:
        if end is not None:
            found[-1] += f"\n{line}"
            end = None if line == end else end
        elif line.startswith("$ "):
            found.append(line[2:])
            here = re.search(r"<<'(\w+)'$", line)
            end = here[1] if here else None
    return found


def _played(session: str) -> str:
    with tempfile.TemporaryDirectory(prefix="bgjobs-", dir="/var/tmp") as place:
        folder = Path(place) / "nightly"
        folder.mkdir()
        Path(place).chmod(0o755)
        try:
            return "".join(_one(command, folder) for command in commands(session))
        finally:
            _one("bgjobs db stop", folder)


def _one(command: str, folder: Path) -> str:
    binaries = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={
            "HOME": str(folder.parent),
            "PATH": f"{binaries}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
        },
    )
    return f"$ {command}\n{neutral(done.stdout, folder, binaries)}"


def neutral(output: str, folder: Path, binaries: str) -> str:
    """Output without what differs from day to day and from place to place."""
    output = output.replace(str(folder), "/srv/nightly").replace(binaries, "/srv/nightly/venv/bin")
    output = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b", "2026-07-01 02:00", output)
    output = re.sub(r"\b[0-9a-f]{8}(?=  )", "8ccde26c", output)
    output = re.sub(r"(# BEGIN bgjobs \S+) [0-9a-f]{16}", r"\1 c1819978d4d7a50c", output)
    return re.sub(r"\b(\d+ms|\d+\.\d+s)\b", "46ms", output)


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
