"""The OpenAPI document is the contract: it is what the code says, its examples are right, and no request breaks it.

Schemathesis makes requests from the document, right ones and wrong ones; they are sent in-process, over WSGI, as
nobody, as the owner of a group and as a merchant, with ids that lead somewhere and ids that do not. Whatever is sent:
no 5xx, an answer that the document describes, and every no a problem document with the request's number. Each request
is rolled back, so that the next one finds the same stage. The gate runs a short profile, `make proof` a long one.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as openapi

from groups.spending import authentication
from groups.spending import views as spending
from groups.spending.models import MerchantKey
from tests.access.roles import Stage, build
from tests.cast import World
from wallet.identity.services import Allowance

DOCUMENT = Path(__file__).parent.parent / "openapi.yaml"
COMMITTED: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text("utf-8"))
CALLERS = ["anon", "ownr", "shop"]
CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]


def test_the_committed_document_is_what_the_code_says(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", lang="en", validate=True, fail_on_warn=True, file=str(fresh))
    assert fresh.read_text("utf-8") == DOCUMENT.read_text("utf-8"), "run: make openapi"


def list_examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example of the document, with the schema that it is an example of."""

    def walk(node: Any, where: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
        if isinstance(node, dict):
            if "schema" in node and "examples" in node and isinstance(node["examples"], dict):
                for name, example in node["examples"].items():
                    yield f"{where} {name}", node["schema"], example["value"]
            for key, item in node.items():
                yield from walk(item, f"{where}/{key}")

    return walk(COMMITTED["paths"], "")


def test_examples_are_what_they_are_examples_of() -> None:
    wrong, count = [], 0
    for where, schema, value in list_examples():
        count += 1
        validator = Draft202012Validator(
            {**schema, "components": COMMITTED["components"]}, format_checker=FormatChecker()
        )
        wrong += [f"{where}: {error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    assert count > 20
    assert not wrong, "\n".join(wrong)


def test_every_operation_says_what_it_is() -> None:
    for path, operations in COMMITTED["paths"].items():
        for method, operation in operations.items():
            assert operation.get("operationId"), (method, path)
            if not path.startswith("/api/v1/health"):
                assert operation.get("summary"), (method, path)


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = build(world)
    key = MerchantKey.objects.select_related("merchant").order_by("pk").first()
    # Signatures have tests of their own; here the merchant is let in, whatever the body is.
    monkeypatch.setattr(authentication, "verify", lambda *_: key)
    # So have proofs of the payment PIN.
    monkeypatch.setattr(spending, "redeem_proof", lambda request: Allowance(None))
    cache.clear()
    # As Django's own test client does: a request must not close the connection whose transaction is rolled back.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield stage
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def fuzz(stage: Stage, role: str, max_examples: int) -> list[str]:
    """Send requests to every operation and list what went wrong, one line an operation."""
    schema = schemathesis.openapi.from_dict(COMMITTED)
    schema.app = get_wsgi_application()
    token = stage.callers[role].token
    faults = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        if (role == "shop") != operation.path.startswith("/api/v1/merchant") and role != "anon":
            continue
        try:
            _fuzz_operation(operation, stage, role, token, max_examples)
        except (Exception, FailureGroup) as fault:
            details = getattr(fault, "exceptions", [fault])
            faults.append(f"{operation.label} as {role}: " + "; ".join(str(detail) for detail in details))
    return faults


def _fuzz_operation(operation: Any, stage: Stage, role: str, token: str | None, max_examples: int) -> None:
    @settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), leads_somewhere=st.booleans())
    def send(case: Any, leads_somewhere: bool) -> None:
        if leads_somewhere:
            known = {name: stage.ids[name] for name in case.path_parameters if name in stage.ids}
            case.path_parameters = {**case.path_parameters, **known}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        savepoint = transaction.savepoint()
        try:
            response = case.call(headers=headers)
        finally:
            transaction.savepoint_rollback(savepoint)
        case.validate_response(response, checks=CHECKS)
        if not 200 <= response.status_code < 300 and response.status_code != 503:
            assert response.headers["content-type"] == ["application/problem+json"], response.headers
            assert json.loads(response.content)["request_id"] == response.headers["x-request-id"][0]

    send()


@pytest.mark.parametrize("role", CALLERS)
def test_no_request_breaks_it(stage: Stage, role: str) -> None:
    faults = fuzz(stage, role, max_examples=6)
    assert not faults, "\n\n".join(faults)


@pytest.mark.proof
@pytest.mark.parametrize("role", CALLERS)
def test_no_request_breaks_it_however_many(stage: Stage, role: str) -> None:
    faults = fuzz(stage, role, max_examples=60)
    assert not faults, "\n\n".join(faults)
