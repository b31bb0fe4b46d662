"""The workbench within Airflow: mounted where a deployment is named, and behind Airflow's own login. After test_trace, which configures Airflow."""

from __future__ import annotations

import importlib.util

import pytest
from fastapi.testclient import TestClient

from tests.support import ROOT

pytestmark = pytest.mark.airflow


def plugin():
    """The plugin as Airflow loads it: the file, read anew."""
    spec = importlib.util.spec_from_file_location("workbench_plugin", ROOT / "plugins" / "workbench_plugin.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WorkbenchPlugin


def test_without_a_deployment_nothing_is_mounted(monkeypatch):
    monkeypatch.delenv("SKIPTRACE_DEPLOYMENT", raising=False)
    assert (plugin().fastapi_apps, plugin().external_views) == ([], [])


def test_nobody_passes_without_airflows_login(ran, monkeypatch):
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import HTTPException

    monkeypatch.setenv("SKIPTRACE_DEPLOYMENT", str(ran[0].folder))
    found = plugin()
    (mounted,) = found.fastapi_apps
    (view,) = found.external_views
    assert view["href"].startswith(mounted["url_prefix"])
    app, asked = mounted["app"], []

    def refused():
        asked.append("login")
        raise HTTPException(401)

    app.dependency_overrides[get_user] = refused
    client = TestClient(app, follow_redirects=False)
    paths = ["/", "/sign-in", "/queue", "/static/workbench.js", "/sso"]
    assert all(client.get(path).status_code != 200 for path in paths)
    assert len(asked) == len(paths)
    app.dependency_overrides[get_user] = lambda: "somebody"
    assert client.get("/queue").headers["location"] == "/sign-in"  # and then its own
    assert client.get("/sign-in").status_code == 200
