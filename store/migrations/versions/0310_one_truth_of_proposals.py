"""Letters and visits are asked for and approved in the history of their case; the workbench keeps no list of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0310"
down_revision = "0300"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)

# What was proposed becomes what was asked for, and what was settled its approval or refusal. Told again (down and up), it is there.
_TELL = """
INSERT INTO case_events (event_id, seq, case_id, at, kind, code, point_id, actor, ref)
SELECT e.event_id, h.seq + row_number() OVER (ORDER BY e.at, e.event_id), e.case_id, e.at, e.kind, e.code, e.point_id, e.actor, e.ref
FROM (
  SELECT id || '-requested' AS event_id, case_id, proposed_at AS at, 'requested' AS kind, action AS code, candidate_id AS point_id,
    proposed_by AS actor, reason AS ref FROM workbench_proposals
  UNION ALL
  SELECT id || '-' || status, case_id, settled_at, status, action, candidate_id, settled_by, reason
    FROM workbench_proposals WHERE status <> 'open' AND settled_by IS NOT NULL
) e, heads h
WHERE h.name = 'case_events' AND NOT EXISTS (SELECT 1 FROM case_events t WHERE t.event_id = e.event_id)
"""
_COUNT = """
UPDATE heads SET seq = (SELECT max(seq) FROM case_events)
WHERE name = 'case_events' AND seq < (SELECT max(seq) FROM case_events)
"""
_BACK = """
INSERT INTO workbench_proposals (id, candidate_id, case_id, action, reason, proposed_by, proposed_at, status, settled_by, settled_at)
SELECT substr(r.event_id, 1, length(r.event_id) - 10), r.point_id, r.case_id, r.code, r.ref, r.actor, r.at,
  coalesce(s.kind, 'open'), s.actor, s.at
FROM case_events r LEFT JOIN case_events s
  ON s.event_id IN (substr(r.event_id, 1, length(r.event_id) - 9) || 'approved', substr(r.event_id, 1, length(r.event_id) - 9) || 'declined')
WHERE r.kind = 'requested' AND r.code IN ('letter', 'visit') AND r.event_id LIKE '%-requested'
"""


def upgrade() -> None:
    op.execute(_TELL)
    op.execute(_COUNT)
    op.drop_table("workbench_proposals")


def downgrade() -> None:
    op.create_table(
        "workbench_proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text()),
        sa.Column("settled_at", _TIME),
        sa.CheckConstraint("action IN ('visit', 'letter')", name=op.f("ck_workbench_proposals_action")),
        sa.CheckConstraint("status IN ('open', 'approved', 'declined')", name=op.f("ck_workbench_proposals_status")),
        sa.CheckConstraint(
            "settled_by IS NULL OR settled_by <> proposed_by", name=op.f("ck_workbench_proposals_two_persons")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_workbench_proposals"),
    )
    for column in ("candidate_id", "case_id"):
        op.create_index(f"ix_workbench_proposals_{column}", "workbench_proposals", [column])
    op.create_index("ix_workbench_proposals_status", "workbench_proposals", ["status", "proposed_at"])
    op.execute(_BACK)
