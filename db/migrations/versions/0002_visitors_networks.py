"""Note from which network a visitor came, so that proofs cannot be guessed over many sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in batch mode: that would copy the table, and its rows are referred to.
    op.add_column(
        "conversations", sa.Column("network", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("conversations", "network")
