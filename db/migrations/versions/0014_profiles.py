"""What customers agreed to, who is whom, and wishes to be forgotten."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("noted_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consent_log_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_log")),
    )
    op.create_index("ix_consent_log_customer_id_purpose", "consent_log", ["customer_id", "purpose"])
    op.create_table(
        "customer_merges",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("merged_id", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_merges_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["customers.id"], name=op.f("fk_customer_merges_merged_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merges")),
    )
    op.create_index(op.f("ix_customer_merges_customer_id"), "customer_merges", ["customer_id"])
    op.create_index(op.f("ix_customer_merges_merged_id"), "customer_merges", ["merged_id"])
    op.create_table(
        "erased_customers",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erased_customers")),
    )
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("requested_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    for column in ("customer_id", "conversation_id", "done_at"):
        op.create_index(op.f(f"ix_erasure_requests_{column}"), "erasure_requests", [column])
    op.add_column(
        "customers",
        sa.Column("imported_at", db.base.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column("customers", sa.Column("merged_into", sa.String(), nullable=True))
    op.add_column(
        "contact_changes",
        sa.Column("source", sa.String(), server_default="chat", nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table("contact_changes") as changed:
        changed.drop_column("source")
    with op.batch_alter_table("customers") as changed:
        changed.drop_column("merged_into")
        changed.drop_column("imported_at")
    for table in ("erasure_requests", "erased_customers", "customer_merges", "consent_log"):
        op.drop_table(table)
