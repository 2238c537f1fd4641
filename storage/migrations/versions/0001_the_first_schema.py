"""What is kept since the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this step."""
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("finished", sa.Double(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_runs"),
    )
    op.create_index("ix_job_runs_job_started", "job_runs", ["job", "started"])

    op.create_table(
        "preferences",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("owner", name="pk_preferences"),
    )
    op.create_table(
        "searches",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_searches"),
    )
    op.create_index("ix_searches_expires", "searches", ["expires"])

    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_owner_created", "sessions", ["owner", "created"])

    op.create_table(
        "updates",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("received", sa.Double(), nullable=False),
        sa.Column("done", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_updates"),
    )
    op.create_index("ix_updates_done", "updates", ["done"])

    op.create_table(
        "albums",
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("angles", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("status_message", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("strength", sa.Text(), nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("finished", sa.Double(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=True),
        sa.Column("first_drawn", sa.Double(), nullable=True),
        sa.Column("takeovers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_albums_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name="pk_albums"),
    )
    op.create_index("ix_albums_created", "albums", ["created"])
    op.create_index("ix_albums_told", "albums", ["told"])
    op.create_index("ix_albums_state_created", "albums", ["state", "created"])

    op.create_table(
        "messages",
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_messages_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat", "message", name="pk_messages"),
    )
    op.create_index("ix_messages_session_id", "messages", ["session_id"])

    op.create_table(
        "views",
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("angle", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("file_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_views_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "angle", name="pk_views"),
    )
    op.create_table(
        "pictures",
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("angle", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("mesh", sa.Text(), nullable=True),
        sa.Column("paint", sa.Text(), nullable=True),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "angle"],
            ["views.session_id", "views.angle"],
            name="fk_pictures_session_id_angle",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "angle", "provider", name="pk_pictures"),
    )
    op.create_index("ix_pictures_created", "pictures", ["created"])


def downgrade() -> None:
    """Back from it."""

    op.drop_table("pictures")
    op.drop_table("views")

    op.drop_table("messages")

    op.drop_table("albums")

    op.drop_table("updates")

    op.drop_table("sessions")

    op.drop_table("searches")
    op.drop_table("preferences")

    op.drop_table("job_runs")
