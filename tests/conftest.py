"""Fixtures that more than one package's tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.two_rivers.reading import World

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("default", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("default")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real files of the field, which the project does not carry."""
    folder = Path(os.environ.get("ASSETCERT_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real files of the field are not here: {folder} (set ASSETCERT_DATA)")
    return folder


@pytest.fixture(scope="session")
def rivers(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two Rivers, written once a session by its own command and read once; another process writes it, under another hash seed."""
    from tests.two_rivers.reading import World

    out = tmp_path_factory.mktemp("two-rivers") / "world"
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "America/Lima"}
    command = [sys.executable, "-m", "scripts.two_rivers", str(out)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    return World.read(out)


@pytest.fixture(scope="session")
def world(rivers: World) -> World:
    """The same, where no package has a small world of its own."""
    return rivers
