"""Errors of resource sets."""


class NotYetEvaluatedError(Exception):
    """An asynchronous set was asked, without ``await``, for what only the API can tell."""
