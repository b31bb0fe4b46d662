"""The workbench in Airflow's navigation: mounted under /workbench, behind Airflow's login and then its own.

Airflow loads this from its plugins folder (``AIRFLOW__CORE__PLUGINS_FOLDER``), not from the DAGs folder. Without
``SKIPTRACE_DEPLOYMENT`` there is nothing to show, and nothing is mounted.
"""

from __future__ import annotations

import os
from typing import Any

from airflow.plugins_manager import AirflowPlugin


def _apps() -> list[dict[str, Any]]:
    folder = os.environ.get("SKIPTRACE_DEPLOYMENT")
    if not folder:
        return []
    from airflow.api_fastapi.core_api.security import get_user  # noqa: PLC0415 - only the API server has it
    from fastapi import Depends  # noqa: PLC0415

    from pipeline.site import open_site  # noqa: PLC0415
    from workbench.app import create_app  # noqa: PLC0415

    # Airflow's own server decides which host names it answers to
    app = create_app(open_site(folder), hosts=("*",), dependencies=[Depends(get_user)])
    return [{"app": app, "url_prefix": "/workbench", "name": "Tracing workbench"}]


class WorkbenchPlugin(AirflowPlugin):
    """One entry in the left rail."""

    name = "skiptrace_workbench"
    fastapi_apps = _apps()
    external_views = (
        [
            {
                "name": "Tracing",
                "href": "/workbench/",
                "destination": "nav",
                "url_route": "tracing",
                "nav_top_level": True,
            }
        ]
        if fastapi_apps
        else []
    )
