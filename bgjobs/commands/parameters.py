"""The parameters of a slot that is gone on with: those that it was begun with."""

import json
from collections.abc import Mapping
from typing import Any

from bgjobs.commands.request import Request, typed
from bgjobs.errors import NotNowError, UsageError
from bgjobs.mask import HIDDEN, mask_parameters
from bgjobs.store.keys import other_key


def as_begun(asked: Request, begun: Mapping[str, Any], key: str | None = None) -> Request:
    """The request with the parameters that the slot's run was begun with, as the ledger has them.

    So all records of a slot are worked with the same ones, whatever jobs.toml says by now. What the
    ledger hides is as it is now, and so is what the job has got since.

    Raises:
        NotNowError: The command line gives others, or the job pages by another key than that one.
    """
    job = asked.job
    if key not in {None, job.ordering}:
        raise other_key(job)
    now = json.loads(json.dumps(mask_parameters(job.params, job.secrets), default=str))
    kept = {
        name: value
        for name, value in begun.items()
        if name in now and now[name] != value and HIDDEN not in str(value)
    }
    for name in sorted(kept.keys() & asked.given):
        raise NotNowError(
            f"the unfinished run of {job.name} was begun with {name} = {json.dumps(kept[name])}: "
            f"resume it without --param {name}, or give --restart to work its slot from the start"
        )
    params = {name: _typed(name, value, job.params[name]) for name, value in kept.items()}
    return asked._replace(job=job._replace(params={**job.params, **params}))


def _typed(name: str, value: object, default: object) -> object:
    """A value as it was before it became JSON: a date is a text there."""
    if not isinstance(value, str):
        return value
    try:
        return typed(name, value, default)
    except UsageError:
        return value
