"""Workers that are about to end, and so do not lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.add_column("workers", sa.Column("leaving", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Back from it."""
    op.drop_column("workers", "leaving")
