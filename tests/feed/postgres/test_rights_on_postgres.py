from __future__ import annotations

import pytest

from tests.feed.test_rights import *  # noqa: F403 - the same tests, another store

pytestmark = pytest.mark.server
