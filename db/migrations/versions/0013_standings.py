"""Keep where each customer stands, and what all are measured against."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standings",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("size", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("line", sa.String(), nullable=True),
        sa.Column("rfm", sa.String(), nullable=True),
        sa.Column("recency", sa.Integer(), nullable=True),
        sa.Column("frequency", sa.Integer(), nullable=True),
        sa.Column("money", sa.Integer(), nullable=True),
        sa.Column("value_class", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("spent_idr", sa.BigInteger(), nullable=False),
        sa.Column("last_order_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revenue_idr", sa.BigInteger(), nullable=False),
        sa.Column("margin_idr", sa.BigInteger(), nullable=False),
        sa.Column("service_idr", sa.BigInteger(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("bot_days", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("trend", sa.String(), nullable=False),
        sa.Column("overdue_bills", sa.Integer(), nullable=False),
        sa.Column("overdue_since", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("expected_orders", sa.Double(), nullable=True),
        sa.Column("churn", sa.Double(), nullable=True),
        sa.Column("silent", sa.Double(), nullable=True),
        sa.Column("need", sa.String(), nullable=True),
        sa.Column("need_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("need_about", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_standings_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_standings")),
    )
    op.create_index(op.f("ix_standings_activity"), "standings", ["activity"])
    op.create_table(
        "yardsticks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yardsticks")),
    )


def downgrade() -> None:
    op.drop_table("yardsticks")
    op.drop_index(op.f("ix_standings_activity"), table_name="standings")
    op.drop_table("standings")
