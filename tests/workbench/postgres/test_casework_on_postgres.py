from __future__ import annotations

import pytest

from tests.workbench.test_casework import *  # noqa: F403 - the same tests, another store

pytestmark = pytest.mark.server

del test_every_case_has_a_page_in_both_languages  # noqa: F821 - slow, and of pages, not of the store
