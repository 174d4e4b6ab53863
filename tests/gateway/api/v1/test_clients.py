"""Clients generated from `/openapi.json` do a job against the running gateway: one in Python, one in TypeScript."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ...running import Running
from .helping import invoice

ROOT = Path(__file__).resolve().parents[4]
_SCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

async function main(): Promise<void> {
  const [url, token, text] = process.argv.slice(2) as [string, string, string];
  const api = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
  const upload = await api.POST("/api/v1/uploads", {
    params: { query: { name: "invoice.xml" } },
    body: text,
    bodySerializer: (body: string) => body,
    headers: { "content-type": "application/octet-stream" },
  });
  if (upload.data === undefined) throw new Error(upload.error.detail);
  const job = await api.POST("/api/v1/assets", {
    params: { header: { prefer: "wait=20", "idempotency-key": "typescript-1" } },
    body: { documents: [{ sha256: upload.data.sha256 }] },
    headers: { "content-type": "application/json" },
  });
  const asset = job.data?.files[0]?.asset;
  if (asset === null || asset === undefined) throw new Error(JSON.stringify(job));
  const receipt = await api.GET("/api/v1/assets/{asset_id}/receipt", {
    params: { path: { asset_id: asset.asset_id } },
  });
  const report = await api.POST("/api/v1/verifications", { body: { receipts: [receipt.data ?? {}] } });
  const missing = await api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: "job_none" } } });
  console.log(JSON.stringify({
    verdict: report.data?.reports[0]?.verdict,
    asset: report.data?.reports[0]?.asset_id === asset.asset_id,
    code: missing.error?.code,
  }));
}

void main();
"""


@pytest.fixture(scope="module")
def token(api: Running) -> str:
    asked = {"name": "generated client", "roles": ["accountant"]}
    answer = api.client("m1-signatory").post("/api/v1/api-keys", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


@pytest.fixture(scope="module")
def described(api: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    with api.stranger() as stranger:
        path.write_bytes(stranger.get("/openapi.json").content)
    return path


def test_a_generated_python_client(
    api: Running, token: str, described: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Path(sys.executable).with_name("openapi-python-client")
    made = subprocess.run(
        [tool, "generate", "--path", described, "--output-path", tmp_path / "acclient", "--meta", "none"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"},
        check=False,
    )
    assert made.returncode == 0 and "WARNING" not in made.stdout, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    part = lambda name: importlib.import_module(f"acclient.{name}")  # noqa: E731
    client = part("client").AuthenticatedClient(base_url=api.url, token=token)
    with client as open_client:
        done = certify(part, open_client, invoice())
        asset = done.files[0].asset
        receipt = part("api.assets.assets_get_receipt").sync(asset.asset_id, client=open_client)
        evidence = part("models.evidence").Evidence.from_dict({"receipts": [receipt.to_dict()]})
        reports = part("api.verification.verification_verify").sync(client=open_client, body=evidence)
        assert reports.reports[0].asset_id == asset.asset_id
        page = part("api.assets.assets_list_assets").sync(client=open_client, limit=1)
        assert len(page.items) == 1
        refused = part("api.jobs.jobs_get_job").sync("job_none", client=open_client)
        assert (type(refused).__name__, refused.code) == ("Problem", "NOT_FOUND")


def certify(part: Any, client: Any, content: bytes) -> Any:
    """By the generated function and its models."""
    file = part("types").File(payload=io.BytesIO(content), file_name="invoice.xml")
    body = part("models.assets_certify_files_body").AssetsCertifyFilesBody(files=[file])
    return part("api.assets.assets_certify").sync(
        client=client, body=body, prefer="wait=20", idempotency_key="python-1"
    )


def test_a_generated_typescript_client(api: Running, token: str, described: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "main.ts").write_text(_SCRIPT)
    run(tmp_path, "openapi-typescript", described, "-o", "schema.d.ts")
    strict = ("--strict", "--skipLibCheck", "--target", "es2022", "--types", "node")
    run(tmp_path, "tsc", *strict, "--module", "nodenext", "--moduleResolution", "nodenext", "main.ts")
    done = subprocess.run(
        ["node", "main.js", api.url, token, invoice().decode()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"verdict": "UNKNOWN", "asset": True, "code": "NOT_FOUND"}


def run(folder: Path, tool: str, *arguments: object) -> None:
    """A tool of the development dependencies."""
    command = [str(ROOT / "node_modules" / ".bin" / tool), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
