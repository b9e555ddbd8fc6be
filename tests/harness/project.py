"""A directory with a jobs.toml and handlers, in which the real program is run."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

PROGRAM = (sys.executable, "-I", "-m", "bgjobs")


class Project:
    """A user's project; `dsn` is the URL of its database, `path` its directory."""

    def __init__(self, path: Path, dsn: str) -> None:
        self.path = path
        self.dsn = dsn
        self._started: list[subprocess.Popen[str]] = []

    def write(self, toml: str) -> Path:
        """Write jobs.toml; the url is put into its [database], which may be left out."""
        url = f"[database]\nurl = {json.dumps(self.dsn)}\n"
        whole = toml if "[database]" in toml else f"[database]\n{toml}"
        if "\nurl" not in whole:
            whole = whole.replace("[database]\n", url, 1)
        place = self.path / "jobs.toml"
        place.write_text(whole, "utf-8")
        return place

    def handlers(self, python: str, name: str = "handlers") -> Path:
        """Write a module of handlers beside jobs.toml."""
        # Written twice within a second it would be run from the first one's bytecode.
        shutil.rmtree(self.path / "__pycache__", ignore_errors=True)
        place = self.path / f"{name}.py"
        place.write_text(python, "utf-8")
        return place

    def bgjobs(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
        input: str = "",  # noqa: A002 - the name that subprocess.run gives it
    ) -> subprocess.CompletedProcess[str]:
        """Run the program to its end; nothing of it is a terminal."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, program: Sequence[str] = ()
    ) -> subprocess.Popen[str]:
        """Start the program and return; it is killed when the test ends."""
        process = subprocess.Popen(
            [*(program or PROGRAM), *arguments],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def rows(self, query: str, values: Any = None) -> list[dict[str, Any]]:
        """What a statement returns, in a transaction of its own; nothing where it returns none."""
        with psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query, values)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """End what was started."""
        for process in self._started:
            process.kill()
            process.communicate()
