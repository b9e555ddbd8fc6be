"""docs/faults.md lists what the tests have, no more and no less."""

from pathlib import Path

from chaos.catalogue import chapters, row

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/faults.md"


def test_documentation_lists_exactly_the_faults_that_the_tests_have():
    stated = [row(one) for _, faults in chapters() for one in faults]
    assert len(set(stated)) == len(stated)
    lines = DOCUMENT.read_text("utf-8").splitlines()
    listed = [line for line in lines if line.startswith("| ") and not line.startswith("| fault ")]
    wrong = "run all of tests/chaos as root with BGJOBS_TEST_WRITE_FAULTS=1"
    assert [line[: line.rindex("` |") + 3] for line in listed] == stated, wrong


def test_every_fault_was_survived():
    lines = DOCUMENT.read_text("utf-8").splitlines()
    listed = [line for line in lines if line.startswith("| ") and not line.startswith("| fault ")]
    assert {line.split(" | ")[-1] for line in listed} == {"each record once |"}
