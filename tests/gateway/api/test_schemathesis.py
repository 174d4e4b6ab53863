"""What nobody would send: every operation under generated requests, by its own description. No server error, no answer that is not described.

The default run sends a few to every operation; the long one walks through them statefully, with ids that came out of answers, as every role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ..identity.people import person
from ..running import Running, running

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
ENDLESS = ("/api/v1/events",)
OWN_SESSION = ("/api/v1/session", "/api/v1/sessions", "/api/v1/me/password")
"""What ends the session that the requests come in, or makes it wait."""
SETTINGS = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
    database=None,
    derandomize=True,
)


def described(api: Running) -> Any:
    """The operations that are walked through."""
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json", timeout=60)
    return schema.exclude(path=list(ENDLESS + OWN_SESSION)).exclude(path_regex="^/api/v1/session/")


def of(client: Any) -> dict[str, str]:
    """The headers of a client's session."""
    return {"Cookie": f"session={client.cookies['session']}", "X-CSRF-Token": client.headers["X-CSRF-Token"]}


def test_every_operation_withstands_what_is_generated(api: Running) -> None:
    sent: Counter[str] = Counter()
    with person(api).client() as client:
        for found in described(api).get_all_operations():
            operation = found.ok()

            @settings(SETTINGS, max_examples=2)
            @given(case=operation.as_strategy())
            def send(case: Any) -> None:
                sent[case.operation.label] += 1
                case.call_and_validate(headers=of(client), checks=CHECKS, timeout=20)

            send()
    assert len(sent) >= 80


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway of its own: the long run ends accounts, keys and members as it finds them."""
    with running(Path(tmp_path_factory.mktemp("schemathesis"))) as found:
        yield found


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("user", ["m1-signatory", "l1-approver", "a1-auditor", "r1-registrar"])
def test_stateful_walks_find_no_server_error(whole: Running, user: str) -> None:
    schema, sent, found = described(whole), Counter[int](), list[str]()
    with whole.signed_in(user) as client:

        class Walk(schema.as_state_machine()):  # type: ignore[misc]
            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": of(client), "timeout": 20}

            def validate_response(self, response: Any, case: Any, **_: Any) -> None:
                sent[response.status_code] += 1
                try:
                    case.validate_response(response, checks=CHECKS)
                except FailureGroup as failures:
                    found.extend(f"{case.as_curl_command()}: {failure}" for failure in failures.exceptions)

        for number in range(10):
            seed(number)(Walk)
            with suppress(FlakyStrategyDefinition):  # the gateway remembers: the same steps meet other states
                Walk.run(
                    settings=settings(SETTINGS, derandomize=False, max_examples=8, stateful_step_count=10)
                )
    assert not found, "\n".join(found[:10])
    assert sum(sent.values()) >= 500 and not [status for status in sent if status >= 500], sent
