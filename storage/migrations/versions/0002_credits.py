"""Whose photos were handed to a provider, and under which licence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.create_table(
        "credits",
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_credits_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "url", name="pk_credits"),
    )


def downgrade() -> None:
    """Back from it."""
    op.drop_table("credits")
