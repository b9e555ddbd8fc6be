"""`bgjobs run` from the command line to the exit status, the ledger and the audit table."""

import json
import re

from harness.items import (
    HANDLERS,
    INSERT,
    SELECT,
    audit,
    effects,
    handler,
    job,
    run_of,
    told,
)
from harness.project import Project


def test_a_good_run_is_silent_and_has_its_rows(work: Project) -> None:
    work.write(
        job("purge", 'statement = "DELETE FROM item WHERE id <= :most"', "params = { most = 12 }")
        + job("nothing", 'statement = "DELETE FROM item WHERE false"')
        + handler("row")
        + job("set", SELECT, INSERT)
    )
    for name in ("purge", "nothing", "row", "set"):
        done = work.bgjobs("run", name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), name
    found = audit(work)
    assert [(row["job_name"], row["status"], row["records_processed"]) for row in found] == [
        ("purge", "success", 12),
        ("nothing", "success", 0),
        ("row", "success", 23),
        ("set", "success", 23),
    ]
    assert set(found[0]) == {
        *("job_name", "status", "records_processed", "execution_time_ms", "outcome", "run_id"),
        *("slot", "trigger", "attempt", "records_read", "records_skipped", "records_failed"),
        "batches",
    }
    assert isinstance(found[0]["execution_time_ms"], int)
    kinds = work.rows("SELECT DISTINCT action_type, entity_type FROM audit_log")
    assert kinds == [{"action_type": "background_job_execution", "entity_type": "background_job"}]
    run = run_of(work, "purge")
    assert (run["status"], run["trigger"], run["parameters"]) == ("success", "manual", {"most": 12})
    assert work.rows("SELECT count(*) AS n FROM bgjobs.lease WHERE run IS NOT NULL") == [{"n": 0}]


def test_a_team_s_own_audit_table_gets_its_constant_columns(work: Project) -> None:
    work.rows(
        "CREATE SCHEMA team; CREATE TABLE team.journal (n serial, action_type text NOT NULL,"
        " entity_type text NOT NULL, details jsonb NOT NULL, tenant_id uuid NOT NULL,"
        " tags jsonb NOT NULL)"
    )
    tenant = "3f2a1b9c-0000-4000-8000-000000000001"
    work.write(
        f'[audit]\ntable = "team.journal"\ncolumns = {{ tenant_id = "{tenant}", tags = ["100%"] }}\n'
        + job("purge", 'statement = "DELETE FROM item"')
        + job("broken", 'statement = "SELECT 1 / 0"')
    )
    assert work.bgjobs("run", "purge").returncode == 0
    assert work.bgjobs("run", "broken").returncode == 1
    rows = work.rows(
        "SELECT tenant_id::text, tags, details ->> 'status' AS status FROM team.journal"
    )
    assert rows == [
        {"tenant_id": tenant, "tags": ["100%"], "status": status}
        for status in ("success", "failed")
    ]


def test_a_bad_run_prints_one_block_of_lines(work: Project) -> None:
    work.write(
        handler("partial", "max_failures = 4", function="poison")
        + handler("failed", "max_failures = 3", function="poison")
        + job("broken", 'schedule = "@daily"', 'statement = "SELECT 1 / 0"')
    )
    source = str(work.path / "handlers.py")
    number = HANDLERS[: HANDLERS.index("no {record")].count("\n") + 1
    stack = (
        f'  File "{source}", line {number}, in poison',
        "    raise ValueError(f\"no {record['id']}\")",
        "ValueError: no 33",
    )

    done = work.bgjobs("run", "partial")
    assert (done.returncode, done.stdout) == (3, "")
    following = "bgjobs failures partial lists them, bgjobs retry partial works them again"
    assert done.stderr == told(
        work, "partial", "is partial: 4 records failed", "30 done, 4 failed, 1 skipped", following
    )
    assert run_of(work, "partial")["counters"] == {"worked": 31}

    done = work.bgjobs("run", "failed")
    assert (done.returncode, done.stdout) == (1, "")
    what = (
        "failed: 4 of 35 records failed, more than max_failures allows; "
        "the last, 33: ValueError: no 33"
    )
    again = "bgjobs retry failed works the failed records again, bgjobs run failed the rest"
    assert done.stderr == told(work, "failed", what, "30 done, 4 failed, 1 skipped", again, *stack)

    done = work.bgjobs("run", "broken")
    following = "bgjobs run broken resumes it; other slots start as scheduled"
    assert done.stderr == told(
        work,
        "broken",
        "failed: in its statement: division by zero",
        "0 done, 0 failed, 0 skipped",
        following,
    )
    found = audit(work)
    assert [row["outcome"] for row in found] == ["partial", "failed", "failed"]
    assert [row["status"] for row in found] == ["success", "failed", "failed"]
    assert "error_message" not in found[0]
    assert found[1]["error_message"] == what.removeprefix("failed: ")
    assert found[1]["error_stack"].splitlines() == list(stack)
    assert found[2]["error_stack"] is not None


def test_a_dry_run_tells_its_counts_and_changes_nothing(work: Project) -> None:
    work.write(
        handler("poison", "max_failures = 4")
        + job("purge", 'statement = "DELETE FROM item"')
        + job("set", SELECT, INSERT)
    )
    tables = [
        *("item", "effect", "audit_log", "bgjobs.run", "bgjobs.lease", "bgjobs.known_job"),
        *("bgjobs.failed_record", "bgjobs.outbox"),
    ]
    content = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    before = list(work.rows(content.replace("))", ")) AS n", 1))[0].values())
    for name, status, said in [
        ("purge", 0, "purge: success: 35 records (dry run, nothing is kept)\n"),
        ("set", 0, "set: success: 35 records (dry run, nothing is kept)\n"),
        ("poison", 3, None),
    ]:
        done = work.bgjobs("run", name, "--dry-run")
        assert (done.returncode, done.stdout) == (status, "")
        assert said is None or done.stderr == said
        after = list(work.rows(content.replace("))", ")) AS n", 1))[0].values())
        assert after == before
    assert "records: 30 done, 4 failed, 1 skipped" in done.stderr
    assert "nothing of it is kept" in done.stderr


def test_options_choose_slot_parameters_and_number_of_records(work: Project) -> None:
    work.write(
        "[defaults]\n"
        + job(
            "stamp",
            'schedule = "0 3 * * *"',
            'timezone = "Europe/Berlin"',
            SELECT,
            'statement = "INSERT INTO effect SELECT id, :word || :times || :slot FROM batch"',
            'params = { word = "a", times = 1, on = true }',
        )
    )  # fmt: skip
    slot = "2026-07-01T03:00"
    arguments = ("--slot", slot, "--param", "word=b=c", "--param", "times=20", "--limit", "12")
    assert work.bgjobs("run", "stamp", *arguments).returncode == 0
    rows = work.rows("SELECT count(*) AS n, min(what) AS what FROM effect")
    assert rows == [{"n": 12, "what": "b=c202026-07-01 01:00:00+00"}]
    run = run_of(work, "stamp")
    assert (run["parameters"], run["reason"]) == (
        {"word": "b=c", "times": 20, "on": True},
        "stopped after 12 records, as asked",
    )
    # The slot is done, be it called what it may.
    again = work.bgjobs("run", "stamp", "--slot", "2026-07-01T01:00+00:00")
    assert again.returncode == 75
    assert re.fullmatch(
        r"bgjobs: slot 2026-07-01T01:00:00\+00:00 of stamp is done by run \S+ \(success\); .*--restart.*\n",
        again.stderr,
    )
    assert work.bgjobs("run", "stamp", "--slot", slot, "--restart").returncode == 0
    runs = work.rows("SELECT attempt, trigger, processed FROM bgjobs.run ORDER BY attempt")
    assert runs == [
        {"attempt": 1, "trigger": "manual", "processed": 12},
        {"attempt": 2, "trigger": "retry", "processed": 35},
    ]


def test_an_unfinished_run_is_gone_on_with_as_its_job_says(work: Project) -> None:
    work.write(
        "".join(
            handler(name, f'resume = "{name}"', "max_failures = 0", function="poison")
            for name in ("continue", "restart", "manual")
        )
    )
    # Each fails at its first batch, whose good records are done.
    for name in ("continue", "restart", "manual"):
        assert work.bgjobs("run", name).returncode == 1
    work.rows("TRUNCATE effect")
    limited = work.bgjobs("run", "continue", "--limit", "3")
    assert limited.returncode == 75
    assert "has an unfinished run: resume it without --limit" in limited.stderr
    refused = work.bgjobs("run", "manual")
    assert refused.returncode == 75
    assert len(refused.stderr.splitlines()) == 1
    assert "--resume" in refused.stderr
    assert "--restart" in refused.stderr
    for name, option, first in (
        ("continue", [], 11),
        ("restart", [], 1),
        ("restart", ["--resume"], 11),
        ("manual", ["--resume"], 11),
        ("manual", ["--restart"], 1),
    ):
        work.rows("TRUNCATE effect")
        assert work.bgjobs("run", name, *option).returncode == 1
        assert effects(work)[0] == first, (name, option)


def test_a_secret_parameter_is_in_no_row_and_on_no_terminal(work: Project) -> None:
    secret = "hunter2 & co"
    work.write(
        handler("leak", f'params = {{ key = "{secret}", open = "seen" }}', 'secrets = ["key"]')
    ).chmod(0o600)
    other = "pass%word*given"
    for arguments in ([], ["--restart", "--param", f"key={other}"]):
        done = work.bgjobs("run", "leak", *arguments)
        assert done.returncode == 1
        assert "refused with ***" in done.stderr
        assert "the key is ***" in done.stderr
        rows = json.dumps(
            [
                work.rows("SELECT to_jsonb(r) AS r FROM bgjobs.run r"),
                work.rows("SELECT to_jsonb(f) AS f FROM bgjobs.failed_record f"),
                work.rows("SELECT to_jsonb(a) AS a FROM audit_log a"),
            ]
        )
        for text in (done.stderr, rows):
            for value in (secret, other):
                assert value not in text
                assert value.split()[0] not in text
    run = run_of(work, "leak")
    assert run["parameters"] == {"key": "***", "open": "seen"}
    assert "again ***" in run["output"]


def test_retries_try_again_what_they_are_for(work: Project) -> None:
    common = ('handler = "handlers:tries"', "retries = 4", 'retry_delay = "1 ms"')
    work.write(
        job("any", *common)
        + job("named", *common, 'retry_on = ["ConnectionError"]')
        + job("other", *common, 'retry_on = ["TimeoutError", "40001"]')
    )
    for name, status, attempts in (("any", 0, 3), ("named", 0, 3), ("other", 1, 1)):
        done = work.bgjobs("run", name)
        assert (done.returncode, done.stdout) == (status, "")
        assert bool(done.stderr) is bool(status)
        runs = work.rows(
            "SELECT attempt, status, trigger FROM bgjobs.run WHERE job = %s ORDER BY attempt",
            [name],
        )
        assert [row["attempt"] for row in runs] == list(range(1, attempts + 1))
        assert {row["status"] for row in runs[:2]} == {"failed"}
        assert runs[-1]["status"] == ("failed" if status else "success")
    assert len(audit(work)) == 7
