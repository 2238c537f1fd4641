"""Who of several workers sees to what, and how many pictures of a provider are under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.add_column("albums", sa.Column("worker", sa.Integer(), nullable=True))
    op.add_column("albums", sa.Column("taken", sa.Double(), nullable=True))
    op.create_index("ix_albums_worker", "albums", ["worker"])
    op.add_column("updates", sa.Column("worker", sa.Integer(), nullable=True))
    op.add_column("spins", sa.Column("worker", sa.Integer(), nullable=True))
    op.create_table(
        "workers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gates",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Double(), nullable=False),
        sa.Column("closed_until", sa.Double(), server_default="0", nullable=False),
        sa.Column("next_at", sa.Double(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_gates"),
    )
    op.create_table(
        "permits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("worker", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_permits"),
    )
    op.create_index("ix_permits_provider", "permits", ["provider"])


def downgrade() -> None:
    """Back from it."""
    op.drop_table("permits")
    op.drop_table("gates")
    op.drop_table("workers")
    op.drop_column("spins", "worker")
    op.drop_column("updates", "worker")
    op.drop_index("ix_albums_worker", "albums")
    op.drop_column("albums", "taken")
    op.drop_column("albums", "worker")
