"""Who works on a ticket, what it went through, and until when it is to be solved."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENTS = ("first_response_at", "solve_by", "warn_at", "ended_at")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("agent_id", sa.String(), nullable=True))
    for name in _MOMENTS:
        op.add_column("tickets", sa.Column(name, db.base.UtcDateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("merged_into", sa.Integer(), nullable=True))
    op.add_column("tickets", sa.Column("follows", sa.Integer(), nullable=True))
    op.create_index("ix_tickets_agent_id", "tickets", ["agent_id"])
    op.create_index("ix_tickets_merged_into", "tickets", ["merged_into"])
    op.add_column("ticket_notes", sa.Column("agent_id", sa.String(), nullable=True))
    op.add_column(
        "ticket_notes", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "ticket_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_changes_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_changes")),
    )
    op.create_index("ix_ticket_changes_ticket_id_id", "ticket_changes", ["ticket_id", "id"])


def downgrade() -> None:
    op.drop_table("ticket_changes")
    with op.batch_alter_table("ticket_notes") as table:
        table.drop_column("told")
        table.drop_column("agent_id")
    op.drop_index("ix_tickets_merged_into", "tickets")
    op.drop_index("ix_tickets_agent_id", "tickets")
    with op.batch_alter_table("tickets") as table:
        for name in ("follows", "merged_into", *reversed(_MOMENTS), "agent_id"):
            table.drop_column(name)
