from __future__ import annotations

import pytest

from tests.workbench.test_revealing import *  # noqa: F403 - the same tests, another store

pytestmark = pytest.mark.server

del test_no_page_shows_a_planted_value  # noqa: F821 - slow, and of pages, not of the store
