from bgjobs.present.diff import diff

LINES = ["--- a", "+++ b", "@@ -1 +1 @@", " kept", "-old", "+new"]


def test_without_colour_it_is_the_lines() -> None:
    assert diff(LINES, colour=False) == "--- a\n+++ b\n@@ -1 +1 @@\n kept\n-old\n+new\n"


def test_in_colour_what_goes_is_red_and_what_comes_is_green() -> None:
    assert diff(LINES, colour=True).splitlines()[3:] == [
        " kept",
        "\x1b[31m-old\x1b[0m",
        "\x1b[32m+new\x1b[0m",
    ]
    assert diff([], colour=True) == ""
