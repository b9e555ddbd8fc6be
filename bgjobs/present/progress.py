"""The progress bar of a run: records, rate, and the time it will take."""

from typing import TextIO


class Bar:
    """A bar that is drawn from the begin of a run, and gone when it is cleared.

    What the job prints is not its business: that goes to the supervisor, to be kept and shown.
    """

    def __init__(self, name: str, out: TextIO) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(file=out, highlight=False),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=5,
        )
        self._task = self._bar.add_task(name, total=None, rate="")

    def begin(self, total: int | None) -> None:
        """A run begins, with so many records; None where nobody knows."""
        # Told in two calls: by reset() alone a total cannot be taken away.
        self._bar.reset(self._task, rate="")
        self._bar.update(self._task, total=total)
        self._bar.start()

    def advance(self, read: int) -> None:
        """So many records are read."""
        self._bar.start()
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, completed=read, rate=f"{speed:,.0f}/s" if speed else "")

    def clear(self) -> None:
        """Take the bar away, so that lines can be written."""
        self._bar.stop()
