"""What a start says when it is over: nothing where all is well and nobody looks on."""

from collections.abc import Sequence
from datetime import datetime

from bgjobs.commands.scene import Scene
from bgjobs.errors import ExitStatus
from bgjobs.job import Job
from bgjobs.mask import mask_parameters
from bgjobs.plan.starts import Begin
from bgjobs.record import RESUMABLE, RunStatus, told
from bgjobs.run.execute import Outcome


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
    for line in block(job, slot, scene.me.host, outcome, dry_run=dry_run):
        scene.err.write(f"{line}\n")
    printed = scene.printed()
    if printed and not scene.terminal:
        scene.err.write("\nwhat it printed:\n")
        scene.err.write("".join(f"  {line}\n" for line in printed.splitlines()))


def going_on(job: Job, step: Begin) -> str:
    """That a start works a slot which was begun before, as a line."""
    how = "resumes" if step.position else "restarts"
    values = mask_parameters(job.params, job.secrets)
    said = ", ".join(f"{name} = {value}" for name, value in values.items())
    params = f", with {said}" if said else ""
    return f"{job.name} {how} slot {step.slot.isoformat()}, attempt {step.attempt}{params}\n"


def summary(job: Job, outcome: Outcome) -> str:
    """A run in one line."""
    counts = outcome.counts
    rest = "".join(
        f", {number:,} {word}"
        for number, word in ((counts.skipped, "skipped"), (counts.failed, "failed"))
        if number
    )
    reason = f" ({outcome.reason})" if outcome.reason else ""
    took = f" in {outcome.seconds:.2f}s" if outcome.seconds else ""
    return f"{job.name}: {outcome.status}: {_records(counts.processed)}{rest}{took}{reason}"


def block(
    job: Job, slot: datetime, host: str, outcome: Outcome, *, dry_run: bool = False
) -> Sequence[str]:
    """What a person needs to act: what failed, where, the run's id, what happens next."""
    counts, failure = outcome.counts, outcome.failure
    stack = failure.stack if failure else None
    place = _place(stack)
    fared = f"{counts.processed:,} done, {counts.failed:,} failed, {counts.skipped:,} skipped"
    lines = [
        f"bgjobs: job {job.name} {_what(outcome)}",
        *([f"  at {place}"] if place else []),
        f"  slot {slot.isoformat()}, host {host}",
        "  a dry run: nothing of it is kept" if dry_run else f"  run {outcome.run}",
        f"  records: {fared}",
    ]
    if place and stack:
        lines += ["", *(f"  {line}" for line in stack.splitlines()), ""]
    if not dry_run:
        lines.append(f"  more: bgjobs show {str(outcome.run)[:8]}")
        following = _next(job, outcome)
        lines += [f"  next: {following}"] if following else []
    return lines


def _what(outcome: Outcome) -> str:
    if outcome.status is RunStatus.PARTIAL:
        return f"is partial: {_records(outcome.counts.failed)} failed"
    failure = outcome.failure
    why = told(failure.error_class, failure.message) if failure else outcome.reason or ""
    verbs = {RunStatus.TIMED_OUT: "timed out", RunStatus.INTERRUPTED: "was interrupted"}
    verb = verbs.get(outcome.status, str(outcome.status))
    return f"{verb}: {' '.join(why.split())}" if why else verb


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"


def _next(job: Job, outcome: Outcome) -> str | None:
    """What becomes of the run, and which command helps it on."""
    run, retry, status = f"bgjobs run {job.name}", f"bgjobs retry {job.name}", outcome.status
    if status is RunStatus.PARTIAL:
        return f"bgjobs failures {job.name} lists them, {retry} works them again"
    if status not in RESUMABLE:
        return None
    if job.resume == "manual":
        return f"it waits for you: {run} --resume, or --restart"
    goes_on = "starts it again" if job.resume == "restart" else "resumes it"
    if status is RunStatus.FAILED and outcome.counts.failed and job.resume == "continue":
        # Its cursor is behind them.
        return f"{retry} works the failed records again, {run} the rest"
    if status is RunStatus.FAILED:
        others = "; other slots start as scheduled" if job.schedule else ""
        return f"{run} {goes_on}{others}"
    return f"the next start {goes_on}; now: {run}"


def _place(stack: str | None) -> str | None:
    """The innermost frame of the job's own code."""
    frames = [line.strip() for line in (stack or "").splitlines() if line.startswith("  File ")]
    return frames[-1].removeprefix("File ") if frames else None
