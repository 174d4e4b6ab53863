"""The world, written once a session by its own command and read once by the readers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.two_rivers.reading import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two Rivers, in a temporary folder; another process writes it, under another hash seed than ours."""
    out = tmp_path_factory.mktemp("two-rivers") / "world"
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "America/Lima"}
    command = [sys.executable, "-m", "scripts.two_rivers", str(out)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    return World.read(out)
