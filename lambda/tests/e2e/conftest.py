"""One moto for all tests, and the bootstrap that they run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from harness import REPOSITORY, Moto


def pytest_configure() -> None:
    os.environ.setdefault("SAWLOG_BOOTSTRAP", str(REPOSITORY / "target" / "debug" / "bootstrap"))


@pytest.fixture(scope="session")
def services() -> Iterator[Moto]:
    moto = Moto()
    yield moto
    moto.close()


@pytest.fixture
def aws(services: Moto) -> Moto:
    services.reset()
    return services
