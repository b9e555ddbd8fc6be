import json
import re
from pathlib import Path

from bgjobs.job import Job
from bgjobs.job_state import JobState
from bgjobs.present import as_json
from bgjobs.record import Pause
from bgjobs.schedule import Schedule
from harness.records import NOON, a_failed_record, a_run

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/json.md"


def documented(title: str) -> list[str]:
    """The keys in the first column of the tables under a heading."""
    part = DOCUMENT.read_text("utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| ([^|]*) \|", part, re.MULTILINE)
    return [key for cell in cells for key in re.findall(r"`(\w+)`", cell) if key != "show"]


def test_the_keys_are_those_that_are_documented() -> None:
    job = Job("purge", "Deletes", Schedule("0 * * * *"), statement="DELETE")
    pause = Pause("purge", None, None, "ann@web1", NOON)
    state = as_json.state(JobState(job, a_run(), pause), NOON)
    assert sorted(as_json.whole_run(a_run(), [])) == sorted(documented("A run"))
    assert sorted(as_json.failure(a_failed_record())) == sorted(documented("A failed record"))
    assert sorted(state) == sorted(documented("A job's state"))
    paused = DOCUMENT.read_text("utf-8").split("an object: `job`")[1]
    assert all(f"`{key}`" in f"`job`{paused}" for key in state["pause"])


def test_text_is_printed_as_it_is() -> None:
    text = as_json.as_json([as_json.run(a_run(parameters={"who": "Zoë"}))])
    assert "Zoë" in text
    assert json.loads(text)[0]["counters"] == {}
