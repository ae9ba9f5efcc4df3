"""Which page of the shop a website visitor looks at."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("page", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("conversations") as changed:
        changed.drop_column("page")
