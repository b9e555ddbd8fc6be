from bgjobs.finding import error, ok, warning
from bgjobs.present.findings import as_values, findings

FOUND = [
    ok("cron daemon", "cron runs"),
    warning("clock", "5 s behind\x1b[31m", "set both by NTP"),
    error("database", "nobody answers", "start it"),
]


def test_each_finding_has_its_line_and_its_remedy_below():
    assert findings(FOUND, colour=False) == (
        "ok       cron daemon: cron runs\n"
        "warning  clock: 5 s behind [31m\n"
        "         -> set both by NTP\n"
        "error    database: nobody answers\n"
        "         -> start it\n"
        "1 error, 1 warning"
    )


def test_colour_marks_the_severity_alone():
    shown = findings(FOUND, colour=True).splitlines()
    assert shown[0] == "\x1b[32mok     \x1b[0m  cron daemon: cron runs"
    assert shown[3].startswith("\x1b[1;31merror  \x1b[0m  database")


def test_where_nothing_is_wrong_it_says_so():
    assert findings(FOUND[:1], colour=False).endswith("\nall is well")


def test_as_json_has_it():
    assert as_values(FOUND[2:]) == [
        {
            "check": "database",
            "severity": "error",
            "message": "nobody answers",
            "remedy": "start it",
        }
    ]
