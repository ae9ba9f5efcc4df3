"""Which script led a contact, its steps that were done, and answers that are to be articles."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "script_uses",
        sa.Column("handoff_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("script", sa.String(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_script_uses_handoff_id_handoffs")
        ),
        sa.PrimaryKeyConstraint("handoff_id", name=op.f("pk_script_uses")),
    )
    op.create_index("ix_script_uses_conversation_id", "script_uses", ["conversation_id"])
    op.create_table(
        "script_ticks",
        sa.Column("handoff_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_script_ticks_handoff_id_handoffs")
        ),
        sa.PrimaryKeyConstraint("handoff_id", "step", name=op.f("pk_script_ticks")),
    )
    op.add_column("unanswered_questions", sa.Column("answer", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("unanswered_questions") as table:
        table.drop_column("answer")
    op.drop_table("script_ticks")
    op.drop_index("ix_script_uses_conversation_id", "script_uses")
    op.drop_table("script_uses")
