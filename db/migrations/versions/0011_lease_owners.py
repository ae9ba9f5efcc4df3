"""Which process holds an event or a message, so that others free it when it died."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("inbox", "outbox"):
        op.add_column(table, sa.Column("lease_owner", sa.String(), nullable=True))


def downgrade() -> None:
    for table in ("outbox", "inbox"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("lease_owner")
