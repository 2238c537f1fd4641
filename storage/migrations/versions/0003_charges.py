"""What was paid for pictures; why a provider took over, and who drew the car before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.create_table(
        "charges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("angle", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_charges"),
    )
    op.create_index("ix_charges_session_id_number", "charges", ["session_id", "number"])
    op.create_index("ix_charges_day_owner_cost_reserved", "charges", ["day", "owner", "cost", "reserved"])
    op.create_index("ix_charges_day_chat_cost_reserved", "charges", ["day", "chat", "cost", "reserved"])
    op.create_index("ix_charges_created", "charges", ["created"])
    op.create_index("ix_charges_outcome_created", "charges", ["outcome", "created"])
    op.add_column("albums", sa.Column("because", sa.Text(), nullable=True))
    op.add_column("albums", sa.Column("unlike", sa.Text(), nullable=True))


def downgrade() -> None:
    """Back from it."""
    op.drop_column("albums", "unlike")
    op.drop_column("albums", "because")
    op.drop_table("charges")
