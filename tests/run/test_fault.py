"""An exception as the ledger keeps it."""

import json

import psycopg
import pytest

from bgjobs.errors import JobFailedError
from bgjobs.mask import Mask
from bgjobs.record import Failure
from bgjobs.run import fault


def kept(function: object, *secrets: str) -> Failure:
    assert callable(function)
    try:
        function()
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return fault.failure(error, Mask(secrets))
    raise AssertionError(function)


def test_frames_of_the_job_are_kept_with_their_source_and_without_values() -> None:
    def outer() -> None:
        hidden_value = str(6 * 7)
        inner(hidden_value)

    def inner(given: str) -> None:
        raise KeyError("missing")

    found = kept(outer)
    assert (found.error_class, found.message, found.sqlstate) == ("KeyError", "'missing'", None)
    stack = found.stack or ""
    assert stack.index("in outer") < stack.index("in inner")
    assert "inner(hidden_value)" in stack
    assert stack.endswith("KeyError: 'missing'")
    assert "42" not in stack
    assert __file__ in stack


def test_secrets_are_masked_in_message_and_stack() -> None:
    def fail() -> None:
        raise RuntimeError("postgresql://me:hunter2@db/x with s3cr3t%20x and token=abc", "s3cr3t x")

    found = kept(fail, "s3cr3t x")
    for text in (found.message, found.stack or ""):
        assert "hunter2" not in text
        assert "s3cr3t" not in text
        assert "abc" not in text


def test_the_rows_that_a_server_repeats_are_not_kept(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE person (email text PRIMARY KEY)")
    connection.execute("INSERT INTO person VALUES ('alice@example.com')")

    def insert() -> None:
        connection.execute("INSERT INTO person VALUES ('alice@example.com')")

    found = kept(insert)
    assert found.error_class == "UniqueViolation"
    assert found.sqlstate == "23505"
    assert found.message == 'duplicate key value violates unique constraint "person_pkey"'
    # The line of the job's own source is its author's.
    last = (found.stack or "").splitlines()[-1]
    assert last == f"UniqueViolation: {found.message}"
    assert "site-packages" not in (found.stack or "")


def test_an_error_of_ours_that_wraps_one_tells_its_own_words_and_the_other_s_place() -> None:
    def fail() -> None:
        try:
            json.loads("{")
        except ValueError as error:
            raise JobFailedError("2 of 3 records failed") from error

    found = kept(fail)
    assert (found.error_class, found.message) == ("JSONDecodeError", "2 of 3 records failed")
    assert "json/decoder.py" in (found.stack or "")


def test_a_message_is_never_empty_and_a_stack_never_endless() -> None:
    def fail() -> None:
        raise ValueError

    def endless() -> None:
        endless()

    assert kept(fail).message == "ValueError"
    found = kept(endless)
    assert found.error_class == "RecursionError"
    assert len((found.stack or "").encode()) <= 16_384


def test_whose_code_raised_is_told_by_its_frames() -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError) as raised:
        fail()
    assert fault.of_handler(raised.value)
    assert not fault.of_handler(ValueError("never raised"))
