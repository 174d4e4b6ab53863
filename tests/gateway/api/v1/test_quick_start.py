"""The commands of docs/quick-start.md, as they stand there, against the running gateway."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from gateway.identity.roles import UserRole

from ...identity.people import person
from ...running import Running
from .helping import invoice

PAGE = Path(__file__).resolve().parents[4] / "docs" / "quick-start.md"


def test_every_command_does_what_the_page_says(api: Running, tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    (tmp_path / "invoice.xml").write_bytes(invoice())
    signatory = person(api, "M1", UserRole.SIGNATORY)
    said = {"GATEWAY": api.url, "LOGIN": signatory.name, "PASSWORD": signatory.password}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={**os.environ, **said},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 CONTENT VALID" in done.stdout
