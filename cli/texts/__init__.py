"""Every text a person reads in the terminal: key → (English, Chinese). Those of ``cli/NAME.py`` stand in ``NAME`` here, those of several in ``shared``."""

from __future__ import annotations

from cli.texts import (
    case_commands,
    doctor,
    feed_commands,
    learning,
    main,
    monitoring,
    privacy_commands,
    screen,
    serving,
    shared,
    store_commands,
)

AREAS = (
    main,
    screen,
    doctor,
    store_commands,
    learning,
    privacy_commands,
    case_commands,
    feed_commands,
    serving,
    monitoring,
    shared,
)
TEXTS: dict[str, tuple[str, str]] = {key: text for area in AREAS for key, text in area.TEXTS.items()}
