"""What was paid is summed by provider and by outcome, each along an index of its own."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.drop_index("ix_charges_provider_outcome_cost_reserved", "charges")
    op.drop_index("ix_charges_outcome_created", "charges")
    op.create_index("ix_charges_provider_cost", "charges", ["provider", "cost"])
    op.create_index(
        "ix_charges_outcome_created_cost_reserved", "charges", ["outcome", "created", "cost", "reserved"]
    )


def downgrade() -> None:
    """Back from it."""
    op.drop_index("ix_charges_outcome_created_cost_reserved", "charges")
    op.drop_index("ix_charges_provider_cost", "charges")
    op.create_index("ix_charges_outcome_created", "charges", ["outcome", "created"])
    op.create_index(
        "ix_charges_provider_outcome_cost_reserved", "charges", ["provider", "outcome", "cost", "reserved"]
    )
