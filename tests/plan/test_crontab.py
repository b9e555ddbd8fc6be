import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgjobs.errors import CrontabError
from bgjobs.plan.crontab import (
    above,
    block_of,
    blocks,
    digest,
    framed,
    with_block,
    without_block,
)

ONE, OTHER = "/srv/one/jobs.toml", "/srv/other/jobs.toml"
BODY = b"# a\n* * * * * true\n"


def _no_marker(text: bytes) -> bool:
    return b"bgjobs" not in text


foreign = st.lists(
    st.one_of(
        st.binary(max_size=30).filter(_no_marker),
        st.sampled_from([b"", b"# note\r", b"\t*/5\t* * * *\tx \xe9", b"MAILTO=a@b", b"\r"]),
    ),
    max_size=12,
).map(b"\n".join)


@given(foreign, foreign)
def test_a_block_leaves_every_other_byte_as_it_was(before: bytes, after: bytes) -> None:
    put = with_block(before, ONE, BODY)
    ended = before if not before or before.endswith(b"\n") else before + b"\n"
    assert put == ended + framed(ONE, BODY)
    within = put + after
    assert with_block(within, ONE, BODY) == within
    assert with_block(within, ONE, b"# b\n") == ended + framed(ONE, b"# b\n") + after
    assert above(within, ONE) == ended
    assert without_block(within, ONE) == ended + after


@given(foreign, foreign)
def test_another_projects_block_stays_as_it_is(before: bytes, between: bytes) -> None:
    other = with_block(before, OTHER, BODY) + between
    both = with_block(other, ONE, b"# mine\n")
    assert [block.project for block in blocks(both)] == [OTHER, ONE]
    assert without_block(both, ONE).rstrip(b"\n") == other.rstrip(b"\n")
    assert block_of(both, OTHER) == block_of(other, OTHER)


def test_a_hand_edit_shows() -> None:
    crontab = with_block(b"", ONE, BODY)
    block = block_of(crontab, ONE)
    assert block is not None
    assert (block.edited_by_hand, block.body, block.line) == (False, BODY, 1)
    edited = block_of(crontab.replace(b"true", b"false"), ONE)
    assert edited is not None
    assert edited.edited_by_hand


def test_the_name_of_a_project_may_hold_spaces_and_any_letters() -> None:
    name = "/srv/ein Verzeichnis/b\udce9/jobs.toml"
    assert [block.project for block in blocks(with_block(b"x\n", name, BODY))] == [name]


def test_an_end_without_its_newline_is_still_an_end() -> None:
    assert without_block(b"x\n" + framed(ONE, BODY).rstrip(b"\n"), ONE) == b"x\n"


BEGIN = b"# BEGIN bgjobs one %b\n" % digest(BODY).encode()
END = b"# END bgjobs one\n"


@pytest.mark.parametrize(
    ("crontab", "complaint"),
    [
        (b"x\n" + BEGIN + BODY, "begun in the crontab's line 2 (one) has no end;"),
        (BODY + END, "line 3 ends a block of bgjobs that has no beginning: one"),
        (
            BEGIN + BODY + END + BEGIN + END,
            "two blocks of bgjobs for one, begun in the lines 1 and 5",
        ),
        (BEGIN + BEGIN + BODY + END + END, "has no end before line 2, where another begins"),
        (
            BEGIN + BEGIN.replace(b"one", b"two") + b"# END bgjobs two\n" + END,
            "has no end before line 2",
        ),
        (
            BEGIN + BODY + b"# END bgjobs two\n",
            "begun in the crontab's line 1 as one ends in line 4 as two",
        ),
        (b"# BEGIN bgjobs one\n" + BODY + END, "line 1 was a marker of bgjobs and was changed"),
        (BEGIN[:-1] + b"\r\n" + BODY + END, "line 1 was a marker"),
        (BEGIN + BODY + b"  # END bgjobs one\n", "line 4 was a marker"),
    ],
)
def test_a_damaged_block_is_refused_in_one_line_that_tells_where(
    crontab: bytes, complaint: str
) -> None:
    for work in (
        lambda: blocks(crontab),
        lambda: with_block(crontab, "another", BODY),
        lambda: without_block(crontab, "one"),
    ):
        with pytest.raises(CrontabError) as refused:
            work()
        assert complaint in str(refused.value)
        assert "crontab -e" in str(refused.value)
        assert "\n" not in str(refused.value)
