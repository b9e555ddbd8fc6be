"""Whether the lines are in the crontab, will be run, and are heard of when they fail."""

import os
from collections.abc import Iterator

from bgjobs.commands.cron_diff import reason
from bgjobs.commands.cron_target import Target, Where
from bgjobs.commands.exposed import SHOWN, run_by_cron
from bgjobs.errors import BgjobsError
from bgjobs.finding import Finding, error, ok, warning
from bgjobs.host.cron_access import refusal
from bgjobs.host.cron_d import CronFile
from bgjobs.host.cron_daemon import cron_daemon
from bgjobs.host.mail import mail_fault
from bgjobs.host.ownership import exposed, runner
from bgjobs.plan.cron_lines import assignments
from bgjobs.plan.cron_state import state
from bgjobs.plan.crontab import above

_INSTALL = "bgjobs install-cron"


def examine_cron(jobs: Target, where: Where) -> Iterator[Finding]:
    """Everything about cron on this host, in the order in which a line comes to be run."""
    yield _daemon(jobs)
    if not where.system:
        yield _access(jobs)
    yield from _crontab(jobs)
    if os.geteuid() == 0:
        yield from _exposed(jobs, where)
    yield _mail(jobs, _mailto(jobs))


def _daemon(jobs: Target) -> Finding:
    found = cron_daemon()
    if found is None:
        return error(
            "cron daemon",
            "no cron runs on this host, so nothing starts the jobs",
            "systemctl enable --now cron; in a container, `cron -f` (see docs/containers.md)",
        )
    message = f"{found.name} runs as process {found.pid}, in time zone {jobs.site.zone}"
    return ok("cron daemon", message)


def _access(jobs: Target) -> Finding:
    user = jobs.site.owner or ""
    refused = refusal(user)
    if refused:
        return error("cron access", f"{user} may not have a crontab", refused)
    return ok("cron access", f"{user} may have a crontab")


def _crontab(jobs: Target) -> Iterator[Finding]:
    try:
        crontab = jobs.place.read() or b""
        with_values = jobs.with_installed_values(crontab)
        found = state(crontab, jobs.project, with_values.body(crontab))
        over = above(crontab, jobs.project)
    except BgjobsError as problem:
        yield error("crontab", str(problem), "fix it, then: " + _INSTALL)
        return
    if not found.current:
        why, _, _ = reason(found, jobs.project).rpartition("; ")
        yield error("crontab", f"{jobs.place}: {why}", f"{_INSTALL}; bgjobs cron-diff shows it")
    else:
        yield ok("crontab", f"{jobs.place} agrees with jobs.toml")
    if isinstance(jobs.place, CronFile) and found.installed and (fault := jobs.place.fault()):
        yield error("crontab", "cron ignores the file: " + fault.partition("; ")[0], fault)
    yield from _above(over)


def _above(over: bytes) -> Iterator[Finding]:
    """What stands above the block holds for its lines too."""
    before = assignments(over)
    if "HOME" in before:
        message = f"the crontab sets HOME to {before['HOME'].value} above the block"
        yield warning("crontab", message, "the jobs look there for .pgpass and keep state there")


def _exposed(jobs: Target, where: Where) -> Iterator[Finding]:
    who = runner(where.user)
    found = exposed(run_by_cron(jobs.config), who)
    if not found:
        yield ok("ownership", f"nobody else can change what cron runs as {who.name}")
    for fault in found[:SHOWN]:
        yield error("ownership", f"cron runs as {who.name} {fault}", "chown it, or chmod go-w it")
    if len(found) > SHOWN:
        message = f"and {len(found) - SHOWN} more"
        yield error("ownership", message, "look at the owner and mode of the directory above")


def _mailto(jobs: Target) -> str | None:
    """Whom cron mails: as jobs.toml says, else the crontab above the block, else its owner."""
    if jobs.config.cron.mailto is not None:
        return jobs.config.cron.mailto
    try:
        before = assignments(above(jobs.place.read() or b"", jobs.project))
    except BgjobsError:  # told where the crontab is looked at
        before = {}
    return before["MAILTO"].value if "MAILTO" in before else jobs.site.owner


def _mail(jobs: Target, mailto: str | None) -> Finding:
    if not mailto:
        where = "jobs.toml" if jobs.config.cron.mailto == "" else "the crontab above the block"
        message = f"{where} sets an empty MAILTO: nobody is mailed when a job fails"
        remedy = 'give mailto = "..." in [cron], or let a monitor run `bgjobs check`'
        return warning("mail", message, remedy)
    fault = mail_fault()
    if fault is None:
        return ok("mail", f"what a failed run prints is mailed to {mailto}, by sendmail")
    remedy = "install a mail transport (such as msmtp-mta), or let a monitor run `bgjobs check`"
    return (error if jobs.config.cron.mailto else warning)("mail", fault, remedy)
