"""Which message a session comes from, so that two messages with one id stay two cars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.add_column("sessions", sa.Column("origin", sa.Text(), nullable=True))
    op.create_index("ix_sessions_origin", "sessions", ["origin"], unique=True)


def downgrade() -> None:
    """Back from it."""
    op.drop_index("ix_sessions_origin", "sessions")
    op.drop_column("sessions", "origin")
