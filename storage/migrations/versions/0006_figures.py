"""Indexes that answer the operators' figures without reading whole tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    missing = sa.text("state = 'missing'")
    op.create_index(
        "ix_views_missing",
        "views",
        ["session_id", "number"],
        sqlite_where=missing,
        postgresql_where=missing,
    )
    op.create_index("ix_albums_state_takeovers_reopened", "albums", ["state", "takeovers", "reopened"])
    op.drop_index("ix_charges_session_id_number", "charges")
    op.create_index("ix_charges_session_id_number_cost", "charges", ["session_id", "number", "cost"])
    op.create_index(
        "ix_charges_provider_outcome_cost_reserved", "charges", ["provider", "outcome", "cost", "reserved"]
    )


def downgrade() -> None:
    """Back from it."""
    op.drop_index("ix_charges_provider_outcome_cost_reserved", "charges")
    op.drop_index("ix_charges_session_id_number_cost", "charges")
    op.create_index("ix_charges_session_id_number", "charges", ["session_id", "number"])
    op.drop_index("ix_albums_state_takeovers_reopened", "albums")
    op.drop_index("ix_views_missing", "views")
