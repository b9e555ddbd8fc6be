import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bgjobs.host.ownership import Runner, everything, exposed, runner

ROOT = Runner("root", 0, 0)
APP = Runner("app", 4321, 4321)


@pytest.fixture
def tree(require: Callable[..., str], tmp_path: Path) -> Path:
    require("root")
    place = tmp_path / "app"
    place.mkdir(mode=0o755)
    file = place / "jobs.toml"
    file.write_text("")
    file.chmod(0o644)
    return place


def test_what_only_root_can_change_is_not_exposed(tree: Path) -> None:
    assert exposed([tree / "jobs.toml"], ROOT) == []


@pytest.mark.parametrize(
    ("mode", "owner", "group", "fault"),
    [
        (0o646, 0, 0, "writable by everybody"),
        (0o664, 0, 4321, "writable by the group 4321"),
        (0o664, 0, 0, None),
        (0o644, 4321, 0, "belongs to user 4321"),
    ],
)
def test_who_else_may_change_a_file(
    tree: Path, mode: int, owner: int, group: int, fault: str | None
) -> None:
    file = tree / "jobs.toml"
    file.chmod(mode)
    os.chown(file, owner, group)
    assert exposed([file], ROOT) == ([f"{file}: {fault}"] if fault else [])


def test_a_parent_directory_counts_and_a_sticky_one_does_not(tree: Path) -> None:
    tree.chmod(0o777)
    assert exposed([tree / "jobs.toml"], ROOT) == [f"{tree}: writable by everybody"]
    tree.chmod(0o1777)
    assert exposed([tree / "jobs.toml"], ROOT) == []


def test_a_link_is_followed_to_what_it_stands_for(tree: Path) -> None:
    other = tree / "open"
    other.mkdir()
    other.chmod(0o777)
    (other / "python").write_text("")
    (tree / "python").symlink_to(other / "python")
    assert exposed([tree / "python"], ROOT) == [f"{other}: writable by everybody"]


def test_every_link_on_the_way_counts_and_a_circle_ends(tree: Path) -> None:
    other = tree / "open"
    other.mkdir()
    other.chmod(0o777)
    (other / "link").symlink_to(tree / "jobs.toml")
    (tree / "python").symlink_to("open/link")
    assert exposed([tree / "python"], ROOT) == [f"{other}: writable by everybody"]
    (tree / "circle").symlink_to("circle")
    assert exposed([tree / "circle"], ROOT) == []


def test_a_users_own_files_are_his_to_change_and_his_private_group_is_himself(tree: Path) -> None:
    file = tree / "jobs.toml"
    os.chown(file, 4321, 4321)
    file.chmod(0o664)
    assert exposed([file], APP) == []
    assert exposed([file], APP._replace(gid=None)) == [f"{file}: writable by the group 4321"]
    os.chown(file, 4322, 4321)
    assert exposed([file], APP) == [f"{file}: belongs to user 4322"]


def test_everything_below_a_directory(tree: Path) -> None:
    (tree / "sub").mkdir()
    (tree / "sub/x").write_text("")
    assert set(everything(tree)) == {tree, tree / "jobs.toml", tree / "sub", tree / "sub/x"}


def test_the_present_user_and_a_named_one() -> None:
    assert runner(None).uid == os.geteuid()
    assert runner("root").uid == 0
    with pytest.raises(KeyError):
        runner("nobody-of-this-name")
