"""Codes with which a proven customer proves themselves in another conversation."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_codes",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("until", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_in", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_channel_codes_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_channel_codes")),
    )
    op.create_index(op.f("ix_channel_codes_customer_id"), "channel_codes", ["customer_id"])
    op.create_index(op.f("ix_channel_codes_until"), "channel_codes", ["until"])


def downgrade() -> None:
    op.drop_table("channel_codes")
