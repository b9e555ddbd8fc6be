"""The plain table."""

from bgjobs.present.table import cells, table
from bgjobs.present.terminal import painter

HEADERS = ("job", "records", "what")
ROWS = [("purge", "12", "removes old rows"), ("remind", "1,204", "sends e-mail")]


def test_columns_are_aligned_and_no_line_ends_in_a_space():
    assert table(HEADERS, ROWS, align="<>") == (
        "job     records  what\npurge        12  removes old rows\nremind    1,204  sends e-mail"
    )


def test_a_table_without_rows_is_its_head():
    assert table(HEADERS, []) == "job  records  what"


def test_the_widest_column_is_cut_to_the_terminal():
    shown = table(HEADERS, ROWS, width=27, align="<>").splitlines()
    assert shown == [
        "job     records  what",
        "purge        12  removes o…",
        "remind    1,204  sends e-m…",
    ]


def test_a_terminal_too_narrow_for_anything_still_gets_every_column():
    shown = table(HEADERS, ROWS, width=3).splitlines()
    assert shown == [
        "job     records  what",
        "purge   12       removes…",
        "remind  1,204    sends e…",
    ]


def test_times_and_ids_are_cut_last():
    rows = [("a-long-name-of-a-job", "2026-07-01 12:00", "success")]
    for width, shown in [
        (40, "a-long-name-…  2026-07-01 12:00  success"),
        (30, "a-long-…  2026-07-01…  success"),
    ]:
        assert table(("JOB", "STARTED", "STATUS"), rows, width=width).splitlines()[1] == shown


def test_a_cell_is_one_line_and_cannot_steer_the_terminal():
    assert table(("a",), [("x\n\x1b[31mred\ty\u202e",)]) == "a\nx  [31mred y"


def test_wide_characters_and_marks_keep_the_columns_straight():
    shown = table(("a", "b"), [("日本", "x"), ("e\u0301e", "x"), ("four", "x")]).splitlines()
    assert [cells(line) for line in shown[1:]] == [7, 7, 7]


def test_wide_characters_are_cut_by_cells():
    assert table(("b",), [("日" * 10,)], width=9) == "b\n日日日日…"


def test_colour_takes_no_room():
    paint = painter({"12": "red"})
    plain, coloured = (table(HEADERS, ROWS, align="<>", paint=p) for p in (None, paint))
    assert coloured == plain.replace("12 ", "\x1b[31m12\x1b[0m ")
