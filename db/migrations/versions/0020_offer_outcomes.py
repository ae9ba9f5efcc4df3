"""Keep what comes of offers, for whom promotions are, and when people stopped offers."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_MOMENTS = ("opened_at", "bought_at", "settled_at")


def upgrade() -> None:
    with op.batch_alter_table("offers") as table:
        table.add_column(sa.Column("channel", sa.String(), nullable=True))
        table.add_column(sa.Column("segments", sa.JSON(), nullable=True))
        table.add_column(
            sa.Column("explored", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        for name in _MOMENTS:
            table.add_column(sa.Column(name, db.base.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("bought_order", sa.String(), nullable=True))
    op.create_index(op.f("ix_offers_shown_at"), "offers", ["shown_at"])
    with op.batch_alter_table("promotions") as table:
        table.add_column(sa.Column("audience", sa.String(), nullable=True))
    op.create_table(
        "offer_switches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("agent_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_switches")),
    )


def downgrade() -> None:
    op.drop_table("offer_switches")
    with op.batch_alter_table("promotions") as table:
        table.drop_column("audience")
    op.drop_index(op.f("ix_offers_shown_at"), table_name="offers")
    with op.batch_alter_table("offers") as table:
        table.drop_column("bought_order")
        for name in reversed(_MOMENTS):
            table.drop_column(name)
        table.drop_column("explored")
        table.drop_column("segments")
        table.drop_column("channel")
