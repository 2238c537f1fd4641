"""Which rows are kept? All tables; the migrations make the very same."""

from __future__ import annotations

import sqlalchemy as sa

REVISION = "0012"
"""The last of the migrations: what it leaves behind are these tables."""
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMES)

revision_table = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own: which migration was the last."""

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    # bot, chat and message; NULL in rows that are older than this column
    sa.Column("origin", sa.Text),
    # a file of the media folder: the photo that came with the description
    sa.Column("photo", sa.Text),
    sa.Index(None, "owner", "created"),
    sa.Index(None, "origin", unique=True),
)

albums = sa.Table(
    "albums",
    metadata,
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("angles", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("thread", sa.Text),
    sa.Column("reply_to", sa.Text),
    sa.Column("status_message", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("strength", sa.Text),
    # why an earlier provider did not draw it, and who drew this car before
    sa.Column("because", sa.Text),
    sa.Column("unlike", sa.Text),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("finished", sa.Double),
    # whether the person knows how it ended; NULL while it has not
    sa.Column("told", sa.Boolean),
    # for the figures: when the first view had its picture, how often another provider had to take
    # over, how often a person asked for it again
    sa.Column("first_drawn", sa.Double),
    sa.Column("takeovers", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reopened", sa.Integer, nullable=False, server_default="0"),
    # among several workers: who sees to it, and since when (UTC seconds)
    sa.Column("worker", sa.Integer),
    sa.Column("taken", sa.Double),
    sa.Index(None, "state", "created"),
    sa.Index(None, "told"),
    sa.Index(None, "worker"),
    sa.Index(None, "created"),
    # the whole of it answers the figures of all time
    sa.Index(None, "state", "takeovers", "reopened"),
)

views = sa.Table(
    "views",
    metadata,
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("angle", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("seed", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("failure", sa.Text),
    sa.Column("file_id", sa.Text),
    # few rows: which albums lack a view
    sa.Index(
        "ix_views_missing",
        "session_id",
        "number",
        sqlite_where=sa.text("state = 'missing'"),
        postgresql_where=sa.text("state = 'missing'"),
    ),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("session_id", sa.String(12), primary_key=True),
    sa.Column("angle", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, primary_key=True),
    # false: as it came, not looked at yet
    sa.Column("checked", sa.Boolean, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("cost", sa.Double, nullable=False),
    sa.Column("rung", sa.Text, nullable=False),
    sa.Column("mesh", sa.Text),
    sa.Column("paint", sa.Text),
    sa.Column("warnings", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.ForeignKeyConstraint(["session_id", "angle"], ["views.session_id", "views.angle"], ondelete="CASCADE"),
    sa.Index(None, "created"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("chat", sa.Text, primary_key=True),
    sa.Column("message", sa.Text, primary_key=True),
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
)

updates = sa.Table(
    "updates",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("received", sa.Double, nullable=False),
    sa.Column("done", sa.Double),
    sa.Column("worker", sa.Integer),
    sa.Index(None, "done"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("language", sa.Text),
)

searches = sa.Table(
    "searches",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("expires", sa.Double, nullable=False, index=True),
)

job_runs = sa.Table(
    "job_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("started", sa.Double, nullable=False),
    sa.Column("finished", sa.Double),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Index(None, "job", "started"),
)

charges = sa.Table(
    "charges",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    # no foreign key: what was paid stays in the books when the car is deleted
    sa.Column("session_id", sa.String(12), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("angle", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    # days since 1970; money in millionths of a USD
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("reserved", sa.BigInteger, nullable=False),
    sa.Column("cost", sa.BigInteger),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Index(None, "session_id", "number", "cost"),
    # the whole of it answers the figures of all time
    sa.Index(None, "provider", "cost"),
    sa.Index(None, "day", "owner", "cost", "reserved"),
    sa.Index(None, "day", "chat", "cost", "reserved"),
    sa.Index(None, "created"),
    sa.Index(None, "outcome", "created", "cost", "reserved"),
)
"""Every call that was or may have been charged for."""

spins = sa.Table(
    "spins",
    metadata,
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("thread", sa.Text),
    sa.Column("reply_to", sa.Text),
    sa.Column("status_message", sa.Text),
    sa.Column("file", sa.Text),
    sa.Column("file_id", sa.Text),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("worker", sa.Integer),
    sa.Index(None, "state", "created"),
)
"""Films of turning cars, one a car: `file` are its bytes, `file_id` is Telegram's copy."""

shares = sa.Table(
    "shares",
    metadata,
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
)
"""Cars that may be seen by whoever has the link with the token."""

credited = sa.Table(
    "credits",
    metadata,
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("author", sa.Text),
    sa.Column("licence", sa.Text),
)
"""Photos that were handed to a provider as references."""

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seen", sa.Double, nullable=False),
    # its mark in the folder of pictures
    sa.Column("mark", sa.Text, nullable=False),
    # it ends soon, so it does not lead
    sa.Column("leaving", sa.Boolean, nullable=False, server_default=sa.false()),
    # numbers are never given twice: one names a process, not a place
    sqlite_autoincrement=True,
)
"""Processes that share this database. A row that is gone means: nothing of this process counts any more."""

gates = sa.Table(
    "gates",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("allowed", sa.Double, nullable=False),
    sa.Column("closed_until", sa.Double, nullable=False, server_default="0"),
    sa.Column("next_at", sa.Double, nullable=False, server_default="0"),
    # a minute; null where nobody said "too many" yet
    sa.Column("rate", sa.Double),
)
"""How many pictures of a provider may be under way in all processes together."""

starts = sa.Table(
    "starts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("refused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "provider", "at"),
)
"""When pictures of the last minute began, of providers that have a limit a minute."""

permits = sa.Table(
    "permits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("worker", sa.Integer, nullable=False),
    sa.Index(None, "provider"),
)
"""Pictures under way, each held by a worker."""
