"""What the tests of `/api/v1` share: papers of a job that nobody else certifies, and a call that certifies them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import httpx

from gateway import samples

from ...running import Running

_numbers = itertools.count(1)


def job_papers(seller: str = "M1") -> dict[str, bytes]:
    """Order, work order, machine log, inspection, delivery, invoice of a new job, by name."""
    first = next(one for one in samples.JOBS if one.seller == seller)
    number = next(_numbers)
    return dict(samples.papers(replace(first, number=f"{first.number}-T{number:04}", quantity=100 + number)))


def invoice(seller: str = "M1") -> bytes:
    """The invoice of a new job."""
    return job_papers(seller)["invoice.xml"]


def form(*files: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    """Files of a multipart form."""
    return [("files", file) for file in files]


def certified(api: Running, content: bytes, user: str = "m1-accountant", **data: str) -> dict[str, Any]:
    """One document, certified: its asset."""
    answer = api.client(user).post(
        "/api/v1/assets", files=form(("paper.xml", content)), data=data, headers={"Prefer": "wait=20"}
    )
    assert answer.status_code == 201, answer.text
    (file,) = answer.json()["files"]
    assert file["error"] is None, file
    found: dict[str, Any] = file["asset"]
    return found


def receipt(api: Running, asset_id: str, user: str = "m1-accountant", **params: str) -> dict[str, Any]:
    """An own asset's receipt."""
    answer = api.client(user).get(f"/api/v1/assets/{asset_id}/receipt", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["code"] == code, found
    return found
