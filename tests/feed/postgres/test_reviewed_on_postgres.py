from __future__ import annotations

import pytest

from tests.feed.test_reviewed import *  # noqa: F403 - the same tests, another store

pytestmark = pytest.mark.server
