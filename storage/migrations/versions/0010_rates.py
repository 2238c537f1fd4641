"""How many pictures of a provider begin a minute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.add_column("gates", sa.Column("rate", sa.Double(), nullable=True))
    op.create_table(
        "starts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("refused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_starts"),
    )
    op.create_index("ix_starts_provider_at", "starts", ["provider", "at"])


def downgrade() -> None:
    """Back from it."""
    op.drop_table("starts")
    op.drop_column("gates", "rate")
