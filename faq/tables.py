"""What the shop has said: every version of every article that was ever in use."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class ArticleVersion(Base):
    """An article as it was; messages name it by id and version in their source."""

    __tablename__ = "article_versions"

    article: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]  # as Article.to_json writes it, titles for references
    first_used_at: Mapped[datetime] = mapped_column(default=now)
