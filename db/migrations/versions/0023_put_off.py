"""When a message was put off: what a clock that was ahead put off is due once it is right again."""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("put_off_at", db.base.UtcDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        table.drop_column("put_off_at")
