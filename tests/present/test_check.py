from bgjobs.present.check import check, unknown


def test_the_first_line_sums_up_and_the_others_say_why() -> None:
    judged = [
        ("OK", "a", "success"),
        ("CRITICAL", "b", "failed at noon"),
        ("WARNING", "c", "2 bad"),
    ]
    assert (
        check("CRITICAL", judged)
        == """\
BGJOBS CRITICAL: 2 of 3 jobs need a look
CRITICAL b: failed at noon
WARNING c: 2 bad"""
    )


def test_all_well_is_one_line() -> None:
    assert check("OK", [("OK", "a", "success")]) == "BGJOBS OK: 1 job well"


def test_what_could_not_be_looked_at_is_one_line_too() -> None:
    assert unknown("jobs.toml:\nno such file") == "BGJOBS UNKNOWN: jobs.toml: no such file"
