"""The JSON Schema of jobs.toml, printed."""

import json
from typing import TextIO

from bgjobs.config.schema import schema as built
from bgjobs.errors import ExitStatus


def schema(out: TextIO) -> ExitStatus:
    """Print it."""
    json.dump(built(), out, indent=2, ensure_ascii=False)
    out.write("\n")
    return ExitStatus.SUCCESS
