"""A project whose jobs leave effects."""

import pytest

from harness.items import HANDLERS, ITEMS
from harness.project import Project


@pytest.fixture
def work(project: Project) -> Project:
    """Thirty-five items, and the handlers that the commands' tests work them with."""
    project.rows(ITEMS)
    project.handlers(HANDLERS)
    return project
