"""What a customer was told about the wait, and how many conversations a CSR helps at once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("capacity", sa.Integer(), nullable=False, server_default="3"))
    op.add_column("handoffs", sa.Column("expected", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("handoffs") as table:
        table.drop_column("expected")
    with op.batch_alter_table("agents") as table:
        table.drop_column("capacity")
