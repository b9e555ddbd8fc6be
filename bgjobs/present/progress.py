"""The progress bar of a run: records, rate, and the time it will take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def progress(name: str, total: int | None, out: TextIO) -> Iterator[Callable[[int], None]]:
    """Draw a bar while the context lasts; it gives a function that takes the records read.

    Without a total there is no bar and no time left. The bar is gone when the context ends.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(file=out, highlight=False)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        refresh_per_second=5,
    )
    with bar:
        task = bar.add_task(name, total=total, rate="")

        def advance(read: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=read, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
