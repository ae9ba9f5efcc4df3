"""Invitations, second factors, teams, routing, notes between colleagues, and the audit log.

The audit log cannot be changed: triggers refuse it on both databases.
"""

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_JSON_LISTS = ("langs", "topics", "lines", "cities", "recovery")
_MOMENT = db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    _extend_what_is_there()
    _create_people()
    _create_routing()
    _create_audit()


def _extend_what_is_there() -> None:
    added = {
        "agents": [
            sa.Column("away", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("seen_at", _MOMENT, nullable=True),
            sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
            *(
                sa.Column(name, sa.JSON(), server_default="[]", nullable=False)
                for name in _JSON_LISTS
            ),
            sa.Column("sees_all", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("totp_secret", sa.String(), nullable=True),
            sa.Column("totp_step", sa.Integer(), nullable=True),
        ],
        "agent_sessions": [
            sa.Column("device", sa.String(), server_default="", nullable=False),
            sa.Column("address", sa.String(), server_default="", nullable=False),
        ],
        "conversations": [sa.Column("team_id", sa.String(), nullable=True)],
        "handoffs": [
            sa.Column("told_at", _MOMENT, nullable=True),
            sa.Column("told", sa.JSON(), nullable=True),
            sa.Column("for_agent", sa.String(), nullable=True),
        ],
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(op.f("ix_conversations_team_id"), "conversations", ["team_id"])


def _create_people() -> None:
    op.create_table(
        "invitations",
        *_texts("id", "token_hash", "login", "name", "role", "lang", "invited_by"),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        *_moments("created_at", "expires_at"),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_table(
        "teams",
        *_texts("id", "name", "hours"),
        *(
            sa.Column(name, sa.JSON(), nullable=False)
            for name in ("topics", "lines", "langs", "cities", "channels")
        ),
        *_moments("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("name", name=op.f("uq_teams_name")),
    )
    op.create_table(
        "team_members",
        *_texts("team_id", "agent_id"),
        _foreign("team_members", "team_id", "teams"),
        _foreign("team_members", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("team_id", "agent_id", name=op.f("pk_team_members")),
    )
    op.create_index(op.f("ix_team_members_agent_id"), "team_members", ["agent_id"])


def _create_routing() -> None:
    op.create_table(
        "assignments",
        *_texts("id", "conversation_id", "handoff_id", "agent_id"),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        *_moments("at", "until"),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        _foreign("assignments", "conversation_id", "conversations"),
        _foreign("assignments", "handoff_id", "handoffs"),
        _foreign("assignments", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    for column in ("conversation_id", "handoff_id", "agent_id", "at"):
        op.create_index(op.f(f"ix_assignments_{column}"), "assignments", [column])
    is_open = sa.text("outcome IS NULL")
    op.create_index(
        "uq_assignments_open",
        "assignments",
        ["conversation_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "routing_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("text", "agent_id"),
        *_moments("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rules")),
    )
    op.create_table(
        "desk_notes",
        *_texts("id", "conversation_id", "agent_id", "name", "kind", "text", "target"),
        *_moments("at"),
        _foreign("desk_notes", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_notes")),
    )
    op.create_index(op.f("ix_desk_notes_conversation_id"), "desk_notes", ["conversation_id"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *_moments("at"),
        *_texts("agent_id", "agent_name", "action", "subject", "outcome", "before_hash", "hash"),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    for column in ("at", "agent_id", "action", "subject"):
        op.create_index(op.f(f"ix_audit_{column}"), "audit", [column])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_{change.lower()} BEFORE {change} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log cannot be changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()"
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, _MOMENT, nullable=False) for name in names]


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuses()")
    for table in ("desk_notes", "routing_rules", "assignments", "team_members", "teams"):
        op.drop_table(table)
    op.drop_table("invitations")
    op.drop_index(op.f("ix_conversations_team_id"), "conversations")
    removed = {
        "handoffs": ["for_agent", "told", "told_at"],
        "conversations": ["team_id"],
        "agent_sessions": ["address", "device"],
        "agents": [
            "totp_step",
            "totp_secret",
            "sees_all",
            *_JSON_LISTS,
            "misses",
            "seen_at",
            "away",
        ],
    }
    for table, columns in removed.items():
        with op.batch_alter_table(table) as changed:
            for column in columns:
                changed.drop_column(column)
