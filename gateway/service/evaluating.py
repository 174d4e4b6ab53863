"""Blind fingerprint evaluation: the registrar's side, limited and logged by organisation, and a client of somebody else's.

Both ends see blinded points only (COMMITMENT 7). The client's setting is `HOME/evaluation.json` {"url", "token"}: the registrar's gateway and
an API key of the organisation there; the file is as private as a key. Its answers are proven, so nothing is taken on trust.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from certifier.canonical import base64url, parse_base64url
from certifier.errors import NotCanonicalError, ProofRefusedError
from certifier.voprf import Evaluation, EvaluationService
from gateway.db import evaluations as table
from gateway.errors import OverloadedError, RefusedError, UnavailableError, UnreadableError
from gateway.installation import Installation
from ledger.types import hex32

__all__ = ["POINTS_AN_HOUR", "RemoteEvaluation", "decode", "evaluate_for", "remote"]

POINTS_AN_HOUR = 40_000
"""Of one organisation: ten thousand documents with four fingerprints each."""
_HOUR = 3_600
_TIMEOUT = 30.0
_BATCHES = 1_000


def decode(text: str) -> bytes:
    """The 32 or 64 bytes of a point or a proof. ValueError for anything else, another spelling of the same too."""
    try:
        data = parse_base64url(text)
    except NotCanonicalError as error:
        raise ValueError(str(error)) from error
    if len(data) not in (32, 64):
        raise ValueError(f"{text[:80]!r} is no point and no proof")
    return data


def evaluate_for(
    installation: Installation, org: bytes, batches: Sequence[Sequence[bytes]]
) -> tuple[Evaluation, ...]:
    """The registrar's answer to an organisation, written to its log before it is given. OverloadedError beyond its hour's points."""
    points, now, name = sum(map(len, batches)), installation.now(), hex32(org)
    with installation.database.session() as session:
        table.log_evaluation(session, name, now, points)
        asked = table.asked_since(session, name, now - _HOUR)
        if asked > POINTS_AN_HOUR:
            raise OverloadedError(
                "EVALUATION_LIMIT",
                f"an organisation may ask for {POINTS_AN_HOUR:,} points within an hour: go on later",
                retry_after=_HOUR,
            )
    try:
        return installation.evaluation().evaluate(org, batches)
    except ProofRefusedError as error:
        raise RefusedError("BAD_POINT", f"a blinded point is none of the group: {error}") from error


class RemoteEvaluation:
    """An EvaluationService over HTTP. Its repr shows no token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/") + "/api/v1/evaluation"
        self._token = token

    def public_key(self) -> bytes:
        """See EvaluationService."""
        return decode(str(self._ask("GET", None)["public_key"]))

    def evaluate(self, organisation: bytes, batches: Sequence[Sequence[bytes]]) -> tuple[Evaluation, ...]:
        """See EvaluationService. The service evaluates for the organisation whose token this is."""
        found: list[Evaluation] = []
        for start in range(0, len(batches), _BATCHES):
            asked = [[base64url(point) for point in batch] for batch in batches[start : start + _BATCHES]]
            answer = self._ask("POST", {"org": hex32(organisation), "batches": asked})
            found += map(_evaluation, answer["evaluations"])
        return tuple(found)

    def _ask(self, method: str, body: object) -> dict[str, Any]:
        try:
            answer = httpx.request(
                method,
                self._url,
                json=body,
                headers={"authorization": f"Bearer {self._token}"},
                timeout=_TIMEOUT,
            )
            document = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise UnavailableError(
                "EVALUATION", f"the evaluation service at {self._url} does not answer: {type(error).__name__}"
            ) from error
        if answer.is_success:
            return dict(document)
        text = f"the evaluation service refused: {document.get('detail', answer.status_code)}"
        if answer.status_code in (429, 503):
            raise UnavailableError("EVALUATION", text)
        raise RefusedError("EVALUATION", text)

    def __repr__(self) -> str:
        return f"RemoteEvaluation({self._url!r})"


def _evaluation(member: Any) -> Evaluation:
    try:
        return Evaluation(tuple(map(decode, member["evaluated"])), decode(member["proof"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UnavailableError(
            "EVALUATION", f"the evaluation service answered no evaluation: {error}"
        ) from error


def remote(setting: Path) -> EvaluationService:
    """The service that a home's setting names."""
    try:
        members = json.loads(setting.read_bytes())
        return RemoteEvaluation(str(members["url"]), str(members["token"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(
            "EVALUATION_SETTING",
            f'{setting} must be {{"url": "https://…", "token": "ak_…"}}: {type(error).__name__}',
        ) from error
