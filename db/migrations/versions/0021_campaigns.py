"""Campaigns, whom each went to, and when a call-back was brought to mind."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_MOMENT = db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.Column("started_by", sa.String(), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    table = "campaign_recipients"
    op.create_table(
        table,
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("handed_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f(f"fk_{table}_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f(f"fk_{table}_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "campaign_id", "customer_id", name=op.f(f"uq_{table}_campaign_id_customer_id")
        ),
    )
    op.create_index(f"ix_{table}_campaign_id_state", table, ["campaign_id", "state"])
    for column in ("customer_id", "conversation_id", "message_id", "handed_at"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.add_column("call_backs", sa.Column("reminded_at", _MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("call_backs") as changed:
        changed.drop_column("reminded_at")
    op.drop_table("campaign_recipients")
    op.drop_table("campaigns")
