"""Another machine, another day: the same installation."""

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
# The pattern is spelled so that this file may be among those that are looked at.
OF_ONE_MACHINE = re.compile(r"(?<![\w.~/-])/(?:work|root)/")


def pins():
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", LOCK, re.MULTILINE))


def test_lock_pins_every_package_with_hashes_and_names_no_host():
    lines = [line for line in LOCK.splitlines() if line and not line.lstrip().startswith("#")]
    assert {
        line for line in lines if not re.match(r"[a-z0-9-]+==\S+ \\$|    --hash=", line)
    } == set()
    blocks = re.split(r"^(?=[a-z])", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in LOCK


def test_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["embedded"], *extras["dev"]]
    names = [re.split(r"[\[<>=~!]", line)[0] for line in asked]
    assert [name for name in (*names, "hatchling") if name not in pins()] == []


def test_tracked_files_name_no_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    tracked = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    found = []
    for file in tracked or [*ROOT.glob("*.*"), *(ROOT / "bgjobs").rglob("*.py")]:
        if not file.is_file():
            continue
        text = file.read_text("utf-8", errors="replace")
        found += [f"{file.relative_to(ROOT)}: {hit[0]}" for hit in OF_ONE_MACHINE.finditer(text)]
    assert found == []
