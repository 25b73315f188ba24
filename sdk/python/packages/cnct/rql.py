"""The former name of ``connect.client.rql``."""

from connect.client.rql import R

__all__ = ["R"]
