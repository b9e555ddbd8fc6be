from bgjobs.present.migrate import migrated


def test_each_step_is_told() -> None:
    assert (
        migrated(3, ["0002 reading", "0003 key"], "audit_log")
        == """\
applied 0002 reading
applied 0003 key
created the audit table audit_log
the ledger is at version 3"""
    )


def test_nothing_to_do_is_said() -> None:
    assert migrated(3, [], None) == "nothing to do\nthe ledger is at version 3"
