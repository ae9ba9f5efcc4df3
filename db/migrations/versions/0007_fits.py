"""Keep what the orders teach about which products fit together."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fits",
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["because"], ["products.sku"], name=op.f("fk_fits_because_products")
        ),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_fits_sku_products")),
        sa.PrimaryKeyConstraint("because", "sku", name=op.f("pk_fits")),
    )
    op.create_index(op.f("ix_fits_sku"), "fits", ["sku"])
    op.create_table(
        "demands",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("buyers", sa.Integer(), nullable=False),
        sa.Column("recent", sa.Double(), nullable=False),
        sa.Column("anybody", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_demands_sku_products")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_demands")),
    )
    op.create_table(
        "learned_orders",
        sa.Column("number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"],
            ["orders.number"],
            name=op.f("fk_learned_orders_number_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_learned_orders")),
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )


def downgrade() -> None:
    op.drop_table("lessons")
    op.drop_table("learned_orders")
    op.drop_table("demands")
    op.drop_table("fits")
