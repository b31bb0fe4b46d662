from __future__ import annotations

import pytest

from tests.workbench.test_deciding import *  # noqa: F403 - the same tests, another store

pytestmark = pytest.mark.server
