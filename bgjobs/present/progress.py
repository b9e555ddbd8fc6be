"""The progress bar of a run: records, rate, and the time it will take."""

from typing import TextIO


class Bar:
    """A bar that is drawn from the first record on, and gone when it is cleared.

    Without a total there is no time left to tell.
    """

    def __init__(self, name: str, total: int | None, out: TextIO) -> None:
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
            refresh_per_second=5,
        )
        self._task = self._bar.add_task(name, total=total, rate="")

    def advance(self, read: int) -> None:
        """So many records are read."""
        self._bar.start()
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, completed=read, rate=f"{speed:,.0f}/s" if speed else "")

    def clear(self) -> None:
        """Take the bar away, so that lines can be written."""
        self._bar.stop()
