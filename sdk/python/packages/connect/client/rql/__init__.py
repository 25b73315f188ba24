"""Builder of RQL filters."""

from connect.client.rql.base import R, RQLQuery

__all__ = ["R", "RQLQuery"]
