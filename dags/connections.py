"""Logins from Airflow's connections (and whatever secrets backend stands behind them): ``credentials: airflow:CONN_ID``."""

from __future__ import annotations

from collections.abc import Mapping


def login(conn_id: str) -> Mapping[str, str | None]:
    """What a connection holds, in the names of a login. Raises LookupError for one that is not there.

    Its login and password, and from its extra (JSON) whatever else a login may be made of: token, private_key, client_id, …
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise LookupError(f"Airflow has no connection {conn_id}") from None
    extra = {str(k): str(v) for k, v in found.extra_dejson.items() if v is not None}
    return extra | {"user": found.login or extra.get("user"), "password": found.password or extra.get("password")}
