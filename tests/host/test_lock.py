"""Proof that a run's processes are gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bgjobs.host.identity import Identity, identity
from bgjobs.host.lock import Locks

HERE = Identity("alpha", "cafe:boot-2", 1)
HOLDER = """
import os, sys, time
from pathlib import Path
from uuid import UUID
from bgjobs.host.identity import Identity
from bgjobs.host.lock import Locks
hold = Locks(Path(sys.argv[1]), Identity("alpha", "cafe:boot-2", 1)).hold(UUID(sys.argv[2]))
{then}
print("held", flush=True)
time.sleep(600)
"""
Start = Callable[[UUID, str], subprocess.Popen[str]]


@pytest.fixture
def locks(tmp_path: Path) -> Locks:
    return Locks(tmp_path, HERE)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a process that holds a run's lock, and wait until it does."""
    started = []

    def start(run: UUID, then: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER.format(then=then), str(tmp_path), str(run)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def dead(locks: Locks, run: UUID, host: str = "alpha", boot: str = "cafe:boot-2") -> bool:
    return locks.proven_dead(run, host, boot)


def test_killed_process_is_proven_dead_and_a_living_one_is_not(locks: Locks, start: Start) -> None:
    run = uuid4()
    process = start(run)
    assert not dead(locks, run)
    process.kill()
    process.wait()
    assert dead(locks, run)


def test_stopped_process_is_alive(locks: Locks, start: Start) -> None:
    run = uuid4()
    start(run).send_signal(signal.SIGSTOP)
    assert not dead(locks, run)


def test_run_is_dead_only_when_all_its_processes_are(locks: Locks, start: Start) -> None:
    run = uuid4()
    one, other = start(run), start(run)
    one.kill()
    one.wait()
    assert not dead(locks, run)
    other.kill()
    other.wait()
    assert dead(locks, run)


@pytest.mark.parametrize(
    "leaving",
    ["if os.fork() == 0: time.sleep(600)", "import subprocess; subprocess.Popen(['sleep', '600'])"],
    ids=["forked", "started"],
)
def test_process_left_behind_by_the_job_does_not_keep_it_alive(
    locks: Locks, start: Start, leaving: str
) -> None:
    run = uuid4()
    process = start(run, "os.setsid()\n" + leaving)
    process.kill()
    process.wait()
    try:
        assert dead(locks, run)
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def test_other_host_proves_nothing(locks: Locks, start: Start) -> None:
    run = uuid4()
    process = start(run)
    process.kill()
    process.wait()
    assert not dead(locks, run, host="beta")


def test_run_without_a_file_is_not_proven_dead(locks: Locks) -> None:
    assert not dead(locks, uuid4())


def test_run_of_an_earlier_boot_is_dead(locks: Locks) -> None:
    assert dead(locks, uuid4(), boot="cafe:boot-1")


@pytest.mark.parametrize("boot", ["", ":boot-1", "beef:boot-1", "cafe:"])
def test_another_machine_of_the_same_name_is_not_an_earlier_boot(locks: Locks, boot: str) -> None:
    assert not dead(locks, uuid4(), boot=boot)


def test_release_removes_the_file(locks: Locks, tmp_path: Path) -> None:
    run = uuid4()
    hold = locks.hold(run)
    assert (tmp_path / "locks" / str(run)).exists()
    assert not dead(locks, run)
    hold.release()
    hold.release()
    assert list((tmp_path / "locks").iterdir()) == []
    assert not dead(locks, run)


def test_forked_process_cannot_release_what_its_parent_holds(
    locks: Locks, start: Start, tmp_path: Path
) -> None:
    run = uuid4()
    process = start(run, "if os.fork() == 0: hold.release(); os._exit(0)\nos.wait()")
    locks.forget(run)
    assert not dead(locks, run)
    process.kill()
    process.wait()
    assert dead(locks, run)


def test_forget_removes_the_file_of_the_dead_alone(
    locks: Locks, start: Start, tmp_path: Path
) -> None:
    run, living = uuid4(), uuid4()
    process = start(run)
    process.kill()
    process.wait()
    start(living)
    for each in (run, living):
        locks.forget(each)
    assert [file.name for file in (tmp_path / "locks").iterdir()] == [str(living)]


def test_files_of_the_long_dead_are_swept_away(locks: Locks, tmp_path: Path) -> None:
    old, fresh = tmp_path / "locks" / str(uuid4()), tmp_path / "locks" / str(uuid4())
    hold = locks.hold(uuid4())
    for file in (old, fresh):
        file.touch()
    os.utime(old, (0, 0))
    hold.release()
    assert list((tmp_path / "locks").iterdir()) == [fresh]


def test_state_directory_that_cannot_be_written_proves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    locks = Locks(file, HERE)
    run = uuid4()
    hold = locks.hold(run)
    assert not dead(locks, run)
    hold.release()
    locks.forget(run)


def test_lock_files_are_private(locks: Locks, tmp_path: Path) -> None:
    run = uuid4()
    locks.hold(run)
    assert (tmp_path / "locks").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "locks" / str(run)).stat().st_mode & 0o777 == 0o600


def test_identity_names_this_process() -> None:
    me = identity()
    assert me.host == os.uname().nodename
    assert me.pid == os.getpid()
    assert me.boot.partition(":")[2] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert not me.outlived(me.boot)
