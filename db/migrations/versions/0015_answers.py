"""Find the answers of the last weeks without reading all messages."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    answers = sa.text("kind = 'answer'")
    op.create_index(
        "ix_messages_answers", "messages", ["at"], sqlite_where=answers, postgresql_where=answers
    )


def downgrade() -> None:
    op.drop_index("ix_messages_answers", "messages")
