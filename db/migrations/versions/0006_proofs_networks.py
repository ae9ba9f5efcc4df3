"""Note with each wrong proof from which network it came, so that pages without a conversation count."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "proof_attempts", sa.Column("network", sa.String(), nullable=False, server_default="")
    )
    op.create_index(op.f("ix_proof_attempts_network"), "proof_attempts", ["network"])


def downgrade() -> None:
    op.drop_index(op.f("ix_proof_attempts_network"), "proof_attempts")
    op.drop_column("proof_attempts", "network")
