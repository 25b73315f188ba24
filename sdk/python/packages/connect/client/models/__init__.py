"""Namespaces, collections, resources, actions and resource sets."""

from connect.client.models.base import (
    NS,
    Action,
    AsyncAction,
    AsyncCollection,
    AsyncNS,
    AsyncResource,
    Collection,
    Resource,
)
from connect.client.models.exceptions import NotYetEvaluatedError
from connect.client.models.resourceset import AsyncResourceSet, ResourceSet

__all__ = [
    "NS",
    "Action",
    "AsyncAction",
    "AsyncCollection",
    "AsyncNS",
    "AsyncResource",
    "AsyncResourceSet",
    "Collection",
    "NotYetEvaluatedError",
    "Resource",
    "ResourceSet",
]
