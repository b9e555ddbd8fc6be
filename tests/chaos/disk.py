"""A disk that is soon full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """Four megabytes of memory, mounted at a fresh directory. Needs root."""
    place.mkdir()
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["/usr/bin/umount", place], check=True)
        place.rmdir()


def fill(place: Path) -> Path:
    """Write until nothing fits any more; returns the file to remove."""
    full = place / "full"
    command = ["/usr/bin/dd", "if=/dev/zero", f"of={full}"]
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0
    return full
