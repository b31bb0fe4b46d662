"""A night, a withdrawal and what follows it, as a login that has the pipeline's role only; the owner finishes what it cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline import retention, withdraw
from pipeline.walk import walk
from store.roles import Role
from tests.on_postgres import under
from tests.support import AS_OF, run_of

pytestmark = pytest.mark.server


def test_a_night_and_a_withdrawal_under_the_pipelines_role(ran_on_postgres, postgres, tmp_path):
    owners = ran_on_postgres(tmp_path)
    site = under(owners, postgres, Role.PIPELINE)
    report = walk(run_of(site, AS_OF + timedelta(days=1)))
    assert not report["failed_sources"]
    case_id = site.store.snapshot().rows["case_id"][0].as_py()
    done = withdraw.withdraw(site, case_id=case_id, actor="test")
    assert done.candidates > 0
    assert not done.is_complete  # whoever does not own the tables cannot clean them
    assert site.store.subjects.erasures("withdrawn").num_rows > 0
    retention.purge(owners, actor="test")
    assert owners.store.subjects.erasures("withdrawn").num_rows == 0
    assert owners.store.verify_audit().is_intact
    site.store.close()
    owners.store.close()
