from bgjobs.present.migrate import migrated


def test_each_step_is_told() -> None:
    assert (
        migrated(2, ["0001 ledger", "0002 reading"], "audit_log")
        == """\
applied 0001 ledger
applied 0002 reading
created the audit table audit_log
the ledger is at version 2"""
    )


def test_nothing_to_do_is_said() -> None:
    assert migrated(2, [], None) == "nothing to do\nthe ledger is at version 2"
