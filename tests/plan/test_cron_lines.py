import pytest

from bgjobs.plan.cron_lines import Entry, assignment, assignments, command_of, entries, entry


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (b"MAILTO=ops@example.org", "MAILTO", "ops@example.org"),
        (b"  MAILTO = ops@example.org  ", "MAILTO", "ops@example.org"),
        (b'MAILTO=""', "MAILTO", ""),
        (b"MAILTO=", "MAILTO", ""),
        (b"\tPATH='/a b:/c' ", "PATH", "/a b:/c"),
        (b'"A B"=c', "A B", "c"),
        (b"A=b=c d", "A", "b=c d"),
        (b"A=\xe9", "A", "\udce9"),
    ],
)
def test_an_assignment_is_read_as_cron_reads_it(line: bytes, name: str, value: str) -> None:
    found = assignment(line)
    assert found is not None
    assert (found.name, found.value, found.raw) == (name, value, line)


@pytest.mark.parametrize("line", [b"", b"#A=b", b" # A=b", b"*/5 * * * * A=b true", b"@daily a=b"])
def test_what_is_no_assignment_is_not_taken_for_one(line: bytes) -> None:
    assert assignment(line) is None


def test_the_last_assignment_of_a_name_holds() -> None:
    assert assignments(b"A=1\n0 0 * * * x\nA=2\nB=3")["A"].value == "2"


def test_entries_are_read_past_comments_and_assignments() -> None:
    text = b"# no\n\nSHELL=/bin/sh\n*/5  *\t* * mon   cd /x  && y\n@reboot root z\n"
    assert entries(text)[0] == Entry("*/5 * * * mon", "cd /x  && y")
    assert entries(text, user_column=True)[1] == Entry("@reboot", "z", "root")


def test_an_entry_without_a_command_is_one_to_cron() -> None:
    assert entry(b"1 2 3 4 5") == Entry("1 2 3 4 5", "")


def test_a_bare_percent_ends_the_command_and_an_escaped_one_is_a_percent() -> None:
    assert command_of(r"date +\%F %in put") == "date +%F "
