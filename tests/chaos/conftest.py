"""Fixtures of the trials."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.catalogue import document
from chaos.cluster import Cluster, cluster
from chaos.proxy import Proxy
from chaos.trial import Trial
from harness.project import Project

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/faults.md"


@pytest.fixture(scope="session", autouse=True)
def documented() -> Iterator[None]:
    """Write the documentation at the end of a full run, where BGJOBS_TEST_WRITE_FAULTS is 1."""
    yield
    if os.environ.get("BGJOBS_TEST_WRITE_FAULTS") == "1":
        DOCUMENT.write_text(document(), "utf-8")


@pytest.fixture
def trial(project: Project) -> Iterator[Trial]:
    """A trial on a fresh database."""
    made = Trial(project, project.dsn)
    yield made
    made.close()


@pytest.fixture(scope="session")
def own_cluster() -> Iterator[Cluster]:
    """A server that the tests may break."""
    with cluster() as made:
        yield made


@pytest.fixture
def own_trial(own_cluster: Cluster, tmp_path: Path) -> Iterator[Trial]:
    """A trial on a server that it may break."""
    project = Project(tmp_path, own_cluster.database())
    made = Trial(project, project.dsn)
    yield made
    made.close()
    project.close()


@pytest.fixture
def proxy(dsn: str) -> Iterator[Proxy]:
    """A proxy before the test's database."""
    with Proxy(dsn) as made:
        yield made


@pytest.fixture
def distant(tmp_path: Path, dsn: str, proxy: Proxy) -> Iterator[Trial]:
    """A trial whose jobs reach their database through the proxy."""
    project = Project(tmp_path, proxy.url)
    made = Trial(project, dsn)
    yield made
    made.close()
    project.close()
