"""The commands of docs/api.md, run as they stand; its settings, loaded as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from gateway.api.state import Settings
from gateway.home import Home

from ..running import Running
from .v1.helping import invoice

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_ten_minutes(api: Running, tmp_path: Path) -> None:
    (tmp_path / "invoice.xml").write_bytes(invoice())
    user = {"BASE": api.url, "NAME": "m1-signatory", "PASSWORD": api.passwords["m1-signatory"]}
    script = "set -euo pipefail\n" + "\n".join(blocks("sh"))
    run = subprocess.run(  # noqa: PLW1510 - looked at below
        ["bash", "-c", script], cwd=tmp_path, env=os.environ | user, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("['VALID', 'VALID', 'VALID', 'VALID'") and "INVALID" not in run.stdout


def test_the_settings(tmp_path: Path) -> None:
    (settings,) = blocks("json")
    (tmp_path / "gateway.json").write_text(settings)
    (tmp_path / "bank.secret").write_text("secret\n")
    loaded = Settings.load(Home(tmp_path), "http://127.0.0.1:8420")
    assert loaded.secure and loaded.host == "assetcert.example"
    assert loaded.providers["bank"].client_secret == "secret" and "secret" not in repr(loaded)
    bare = Settings.load(Home(tmp_path / "none"), "http://127.0.0.1:8420")
    assert (bare.organisation_limit, bare.address_limit, bare.at_once) == ("1000/second", "200/second", 256)
    assert not bare.secure
