"""An XCom backend that accepts references only: a row, a frame or a person's value is refused before it is stored."""

from __future__ import annotations

import json
import re
from typing import Any

from airflow.sdk.bases.xcom import BaseXCom

MAX_BYTES = 4096
_PERSONAL = re.compile(
    r"[^\s@\"]+@[^\s@\"]+\.[a-z]{2,}|(?<![0-9a-f])1[3-9]\d{9}(?![0-9a-f])|(?<![0-9a-f])\d{17}[\dXx](?![0-9a-f])|[\u3400-\u9fff]{2,}"
)


class ReferenceOnlyXCom(BaseXCom):
    """Set ``[core] xcom_backend = dags.xcom.ReferenceOnlyXCom``."""

    @staticmethod
    def serialize_value(value: Any, *, key: str | None = None, **kwargs: Any) -> Any:
        """As the base class, for short JSON that names no person; otherwise ValueError naming the key, never the value."""
        try:
            text = json.dumps(value, ensure_ascii=False)
        except TypeError:
            raise ValueError(f"XCom {key!r} is not plain JSON: hand over a reference to a stage file") from None
        if len(text) > MAX_BYTES:
            raise ValueError(f"XCom {key!r} is {len(text)} characters long: hand over a reference to a stage file")
        if _PERSONAL.search(text):
            raise ValueError(f"XCom {key!r} looks like personal data: hand over a reference to a stage file")
        return BaseXCom.serialize_value(value, key=key, **kwargs)
