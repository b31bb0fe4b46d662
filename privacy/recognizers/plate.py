"""Chinese licence plates (GA 36): province character, office letter, five or (new energy) six positions with a digit."""

from __future__ import annotations

from privacy.recognizers.recognizer import Recognizer

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

RECOGNIZERS = (
    Recognizer(
        entity="CN_PLATE",
        kind="plate",
        pattern=rf"[{_PROVINCES}][A-HJ-NP-Z][ ·•\-]?(?=[A-Z]{{0,5}}\d)[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳](?![A-Z0-9])",
        score=0.7,
        trigger=f"[{_PROVINCES}][A-HJ-NP-Z]",
    ),
)
