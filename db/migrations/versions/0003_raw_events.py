"""Keep what webhooks bring as it came, until a worker has taken it in."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("status", sa.String(), nullable=False, server_default="done"),
        sa.Column("lane", sa.String(), nullable=False, server_default=""),
        sa.Column("sent_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("raw", sa.JSON(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_until", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
    ):
        op.add_column("inbox", column)
    op.create_index("ix_inbox_status_next_at", "inbox", ["status", "next_at"])


def downgrade() -> None:
    op.drop_index("ix_inbox_status_next_at", table_name="inbox")
    for column in ("error", "lease_until", "next_at", "tries", "raw", "sent_at", "lane", "status"):
        op.drop_column("inbox", column)
