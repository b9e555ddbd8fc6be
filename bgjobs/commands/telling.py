"""What a start says when it is over: nothing where all is well and nobody looks on."""

from collections.abc import Sequence
from datetime import datetime

from bgjobs.commands.scene import Scene
from bgjobs.errors import ExitStatus
from bgjobs.job import Job
from bgjobs.record import Counts, RunStatus
from bgjobs.run.execute import Outcome

_NEXT = {
    RunStatus.FAILED: "the next run of another slot starts as scheduled; to go on with this one",
    RunStatus.TIMED_OUT: "the next start goes on from its cursor; to do so now",
    RunStatus.INTERRUPTED: "the next start goes on from its cursor; to do so now",
    RunStatus.CRASHED: "the next start goes on from its cursor; to do so now",
    RunStatus.PARTIAL: "the failed records stay listed (bgjobs failures); to work them again",
}


def tell(
    scene: Scene,
    job: Job,
    slot: datetime,
    outcome: Outcome,
    *,
    dry_run: bool = False,
    aloud: bool = False,
) -> None:
    """Tell of a run: a line on a terminal, of a dry run or `aloud`, more where it needs eyes."""
    if outcome.exit is ExitStatus.SUCCESS:
        if scene.terminal or dry_run or aloud:
            dry = " (dry run, nothing is kept)" if dry_run else ""
            scene.err.write(f"{summary(job, outcome)}{dry}\n")
        return
    for line in block(job, slot, scene.me.host, outcome):
        scene.err.write(f"{line}\n")
    printed = scene.printed()
    if printed and not scene.terminal:
        scene.err.write("\nwhat it printed:\n")
        scene.err.write("".join(f"  {line}\n" for line in printed.splitlines()))


def summary(job: Job, outcome: Outcome) -> str:
    """A run in one line."""
    counts = outcome.counts
    rest = "".join(
        f", {number} {word}"
        for number, word in ((counts.skipped, "skipped"), (counts.failed, "failed"))
        if number
    )
    reason = f" ({outcome.reason})" if outcome.reason else ""
    took = f" in {outcome.seconds:.2f}s" if outcome.seconds else ""
    done = f"{counts.processed:,} records{rest}{took}"
    return f"{job.name}: {outcome.status}: {done}{reason}"


def block(job: Job, slot: datetime, host: str, outcome: Outcome) -> Sequence[str]:
    """What a person needs to act: what failed, where, the run's id, what happens next."""
    failure = outcome.failure
    what = failure.message if failure else outcome.reason or str(outcome.status)
    what = " ".join(what.split())
    counts = outcome.counts
    lines = [
        f"bgjobs: job {job.name} {_verb(outcome.status)}: {what}",
        f"  slot {slot.isoformat()}, host {host}, run {outcome.run}",
        f"  records: {counts.processed:,} done, {_rest(counts)}",
    ]
    place = _place(failure.stack if failure else None)
    if place:
        lines.insert(1, f"  at {place}")
    if place and failure is not None and failure.stack:
        lines += ["", *(f"  {line}" for line in failure.stack.splitlines()), ""]
    lines.append(f"  more: bgjobs show {str(outcome.run)[:8]}")
    following = _NEXT.get(outcome.status)
    if following is not None:
        verb = "retry" if outcome.status is RunStatus.PARTIAL else "run"
        lines.append(f"  next: {following}: bgjobs {verb} {job.name}")
    return lines


def _rest(counts: Counts) -> str:
    return f"{counts.failed:,} failed, {counts.skipped:,} skipped"


def _verb(status: RunStatus) -> str:
    verbs = {
        RunStatus.TIMED_OUT: "timed out",
        RunStatus.INTERRUPTED: "was interrupted",
        RunStatus.PARTIAL: "finished, some records failed",
    }
    return verbs.get(status, str(status))


def _place(stack: str | None) -> str | None:
    """The innermost frame of the job's own code."""
    frames = [line.strip() for line in (stack or "").splitlines() if line.startswith("  File ")]
    return frames[-1].removeprefix("File ") if frames else None
