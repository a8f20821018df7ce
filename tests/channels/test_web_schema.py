"""Whatever a client sends, the web protocol answers as its OpenAPI file says, and never with a 5xx.

Schemathesis makes the requests from ``docs/web-protocol.openapi.yaml``: valid ones and broken ones. The doorway in front is
the real one; the engine behind it is gone, so each message also meets the way it answers without one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from starlette.applications import Starlette

from bot.channels.web import routes
from bot.doorway import Doorway
from bot.engine import Engine
from bot.settings import ROOT, Settings

pytestmark = pytest.mark.slow

schema = schemathesis.openapi.from_path(ROOT / "docs" / "web-protocol.openapi.yaml")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    env = {"OWNIT_KEY": "k" * 40, "OWNIT_VAR": "/nonexistent", "OWNIT_ENGINE_URL": "http://127.0.0.1:9"}
    chosen = Settings.from_env(env)
    app = Starlette(routes=routes(Doorway(chosen, Engine(chosen.engine_url)), chosen))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_request_meets_a_fault(case: schemathesis.Case, address: str) -> None:
    session = requests.post(f"{address}/api/session", json={}, timeout=10).json().get("session", {})
    headers = {"Authorization": f"Bearer {session['token']}"} if session else {}
    case.call_and_validate(base_url=address, headers=headers, checks=CHECKS)
