"""The lines of a project's block: what cron is told, and read back before it is believed.

An assignment in a crontab holds for every entry below it, other people's included. So PATH and the
carried variables stand in each line, and the three that only cron itself reads (SHELL, MAILTO,
CRON_TZ) are set at the head of the block and given back at its foot, as they were above it or as
cron has them by default. The block may then stand anywhere, with anything below it.
"""

import re

from bgjobs.errors import ConfigError, CrontabError
from bgjobs.job import Config, Job
from bgjobs.plan.cron_command import Installation, command, words
from bgjobs.plan.cron_lines import Assignment, assignments, entries, raw
from bgjobs.plan.firing import host_lines

# As far ahead as a crontab may stand; fixed, so that a new year changes no block.
_YEARS = range(2026, 2047)
# What Debian's cron mails to; anything else it drops as unsafe, with a line in a log.
_SAFE_MAILTO = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9@!:%\-.,_+]{0,900})?")


def body(config: Config, site: Installation, above: bytes) -> bytes:
    """The lines between the markers; `above` is the crontab's text over them."""
    before = assignments(above)
    settings = _settings(config, site, before)
    fires = {job.name: firing(job, site) for job in config.jobs.values()}
    lines = [
        f"# Written by `bgjobs install-cron`: change {_comment(site.config)} and install again.",
        *(f"{name}={value}" for name, value in settings.items()),
        *(
            line
            for job in config.jobs.values()
            for line in _lines(job, fires[job.name], config, site)
        ),
    ]
    text = raw("".join(line + "\n" for line in lines)) + _foot(settings, before, site)
    planned = [(when, name) for name, whens in fires.items() for when in whens]
    _read_back(text, planned, config, site)
    return text


def firing(job: Job, site: Installation) -> list[str]:
    """The expressions, in the cron daemon's zone, that between them meet every slot of a job."""
    if job.schedule is None or not job.enabled:
        return []
    delay = job.schedule.delay(job.name, site.host)
    return host_lines(job.schedule, site.zone, _YEARS, delay)


def _lines(job: Job, fires: list[str], config: Config, site: Installation) -> list[str]:
    if job.schedule is None:
        return []
    about = f": {_comment(job.description)}" if job.description else ""
    if not job.enabled:
        return [f"# {job.name} is off (enabled = false){about}"]
    what = command(job.name, config.cron.path, site)
    user = f"{site.user} " if site.user else ""
    meant = f" ({job.schedule.expression} {job.schedule.timezone})"
    shown = "" if fires == [job.schedule.expression] else meant
    return [f"# {job.name}{about}{shown}", *(f"{when} {user}{what}" for when in fires)]


def _settings(config: Config, site: Installation, before: dict[str, Assignment]) -> dict[str, str]:
    settings = {"SHELL": "/bin/sh"}
    if config.cron.mailto is not None:
        if not _SAFE_MAILTO.fullmatch(config.cron.mailto):
            raise ConfigError(
                f"[cron] mailto: cron refuses to mail to {config.cron.mailto!r}; "
                f"use addresses of letters, digits and @!:%-.,_+, with commas between and no space"
            )
        settings["MAILTO"] = config.cron.mailto or '""'
    if "CRON_TZ" in before:
        settings["CRON_TZ"] = site.zone
    return settings


def _foot(settings: dict[str, str], before: dict[str, Assignment], site: Installation) -> bytes:
    changed = [
        name
        for name, value in settings.items()
        if name not in before or before[name].value != value
    ]
    lines = b"".join(_given_back(name, before, site) for name in changed)
    return b"# What held above the block holds below it.\n" + lines if lines else b""


def _given_back(name: str, before: dict[str, Assignment], site: Installation) -> bytes:
    if name in before:
        return before[name].raw + b"\n"
    # Cron's own defaults: /bin/sh, which the block has set, and mail to the crontab's owner.
    return raw(f"MAILTO={site.owner}\n") if name == "MAILTO" and site.owner else b""


def _comment(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _read_back(
    text: bytes, planned: list[tuple[str, str]], config: Config, site: Installation
) -> None:
    found = entries(text, user_column=site.user is not None)
    for entry, (when, job) in zip(found, planned, strict=False):
        wanted = (
            site.directory,
            {"PATH": config.cron.path, **site.environment},
            [site.python, "-I", "-m", "bgjobs", "run", job, "--cron", "--config", site.config],
        )
        if (entry.when, entry.user) != (when, site.user) or words(entry.command) != wanted:
            raise CrontabError(f"the crontab line of {job} does not read back as intended")
    if len(found) != len(planned):
        raise CrontabError(f"{len(planned)} crontab lines were meant and {len(found)} read back")
