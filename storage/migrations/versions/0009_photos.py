"""The photo that came with a description."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.add_column("sessions", sa.Column("photo", sa.Text(), nullable=True))


def downgrade() -> None:
    """Back from it."""
    op.drop_column("sessions", "photo")
