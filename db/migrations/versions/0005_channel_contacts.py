"""How customers are reached by channels that push, and what became of what was sent."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conversations",
        sa.Column("quiet_until", db.base.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column("outbox", sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "channel_contacts",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_source_id", sa.String(), nullable=True),
        sa.Column("window_until", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reminded_for", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_channel_contacts_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_channel_contacts")),
    )
    op.create_index(op.f("ix_channel_contacts_phone"), "channel_contacts", ["phone"])
    op.create_index(op.f("ix_channel_contacts_window_until"), "channel_contacts", ["window_until"])
    op.create_table(
        "receipts",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_item_id"), "receipts", ["item_id"])


def downgrade() -> None:
    op.drop_table("receipts")
    op.drop_table("channel_contacts")
    op.drop_column("outbox", "part")
    op.drop_column("conversations", "quiet_until")
