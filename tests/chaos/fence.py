"""A run that is stopped for longer than its lease, while another takes it over."""

import os
import signal
from pathlib import Path

from chaos.shapes import SUPERVISED
from chaos.trial import Started, Trial
from chaos.waiting import until


def frozen_at_rest(trial: Trial, one: Started) -> bool:
    """Whether the process was stopped after a batch, with none in flight."""
    row = trial.watch.execute(
        """SELECT l.batches > 0 AND s.state = 'idle'
             FROM bgjobs.lease AS l JOIN pg_stat_activity AS s ON s.application_name = %s
            WHERE l.job = %s""",
        [f"bgjobs:{one.job}", one.job],
    )
    if (True,) not in row.fetchall():
        return False
    freeze(one, signal.SIGSTOP)
    if trial.watch.execute(
        "SELECT state FROM pg_stat_activity WHERE application_name = %s", [f"bgjobs:{one.job}"]
    ).fetchall() == [("idle",)]:
        return True
    freeze(one, signal.SIGCONT)
    return False


def freeze(one: Started, number: int) -> None:
    pids = [one.process.pid, *([one.worker] if one.job in SUPERVISED else [])]
    for pid in pids:
        os.kill(pid, number)
    if number == signal.SIGSTOP:
        until(lambda: all(stopped(pid) for pid in pids), "a standstill")


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "T"


def take_over(trial: Trial, one: Started) -> None:
    """Let the lease run out, have another run do the work, and wake the stopped one."""
    trial.watch.execute(
        "UPDATE bgjobs.lease SET expires_at = clock_timestamp() - interval '1 s' WHERE job = %s",
        [one.job],
    )
    assert trial.run(trial.job(one.job)).exit == 0
    freeze(one, signal.SIGCONT)
    one.end()
    assert "taken over" in one.err or "took it for dead" in one.err
