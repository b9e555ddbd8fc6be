from datetime import UTC

from bgjobs.present.failures import failures
from harness.records import a_failed_record


def test_each_record_has_its_error_under_it() -> None:
    records = [
        a_failed_record(),
        a_failed_record(job="overdue-tasks", key=["1"], error_message="x" * 90, attempt=1),
    ]
    text = failures(records, zone=UTC, width=80)
    assert (
        text
        == """\
JOB            KEY       ATTEMPT  FAILED
purge          High, 17        2  2026-07-01 12:00
    ValueError: no such address
overdue-tasks  1               1  2026-07-01 12:00
    ValueError: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"""
    )
    assert max(map(len, text.splitlines())) == 80


def test_there_may_be_none() -> None:
    assert failures([]) == "No failed records."
