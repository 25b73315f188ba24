"""The nodes of an API path: namespace, collection, resource, action.

A node is only a client and a path; no call is made before a verb. The verbs return whatever the
client's methods return, so for the asynchronous client the very same code gives awaitables.
"""

from typing import Any

from connect.client.exceptions import ClientError
from connect.client.models.resourceset import AsyncResourceSet, ResourceSet
from connect.client.utils import get_values


def check_name(name: Any, what: str = "name") -> None:
    """TypeError unless a text, ValueError if blank; resource ids may be numbers too."""
    if what == "resource_id":
        if not isinstance(name, (str, int)):
            raise TypeError("`resource_id` must be a string or int.")
    elif not isinstance(name, str):
        raise TypeError(f"`{what}` must be a string.")
    if not name:
        raise ValueError(f"`{what}` must not be blank.")


def collection_name(attribute: str) -> str:
    """The collection that an attribute stands for: ``tier_accounts`` is ``tier-accounts``."""
    if attribute.startswith("__") and attribute.endswith("__"):
        raise AttributeError(attribute)  # copy, pickle and the like probe for these
    return attribute.replace("_", "-")


class _Node:
    _kinds: dict[str, type]

    def __init__(self, client: Any, path: str):
        self._client = client
        self._path = path

    @property
    def path(self) -> str:
        return self._path

    def help(self):
        self._client.print_help(self)
        return self

    def _child(self, kind: str, name: Any, what: str = "name") -> Any:
        check_name(name, what)
        return self._kinds[kind](self._client, f"{self._path}/{name}")


class NS(_Node):
    """``client.ns('devops')``: holds collections and further namespaces."""

    def ns(self, name: str):
        return self._child("ns", name)

    def collection(self, name: str):
        return self._child("collection", name)

    __call__ = ns

    def __getattr__(self, name: str):
        return self.collection(collection_name(name))

    def __iter__(self):
        raise TypeError("A Namespace object is not iterable.")


class Collection(_Node):
    """``client.products``: makes resource sets, gives resources by id, creates resources."""

    def all(self):
        return self._kinds["set"](self._client, self._path)

    def filter(self, *args, **kwargs):
        return self.all().filter(*args, **kwargs)

    def resource(self, resource_id: str | int):
        return self._child("resource", resource_id, "resource_id")

    def action(self, name: str):
        return self._child("action", name)

    __getitem__ = resource
    __call__ = action

    def __iter__(self):
        raise TypeError("A Collection object is not iterable.")

    def create(self, payload: dict | None = None, **kwargs):
        if payload is not None and not isinstance(payload, dict):
            raise TypeError("`payload` must be a dict.")
        return self._client.create(self._path, payload=payload, **kwargs)

    def bulk_create(self, payload: list | tuple, **kwargs):
        _check_bulk(payload)
        return self._client.create(self._path, payload=payload, **kwargs)

    def bulk_update(self, payload: list | tuple, **kwargs):
        _check_bulk(payload)
        return self._client.update(self._path, payload=payload, **kwargs)

    def bulk_delete(self, payload: list | tuple, **kwargs):
        _check_bulk(payload)
        return self._client.delete(self._path, payload=payload, **kwargs)


def _check_bulk(payload: Any) -> None:
    if not isinstance(payload, (list, tuple)):
        raise TypeError("`payload` must be a list or tuple.")


class _ResourceBase(_Node):
    def collection(self, name: str):
        return self._child("collection", name)

    def action(self, name: str):
        return self._child("action", name)

    __call__ = action

    def __getattr__(self, name: str):
        return self.collection(collection_name(name))

    def get(self, **kwargs):
        return self._client.get(self._path, **kwargs)

    def update(self, payload: dict | None = None, **kwargs):
        return self._client.update(self._path, payload=payload, **kwargs)

    def delete(self, **kwargs):
        return self._client.delete(self._path, **kwargs)


class Resource(_ResourceBase):
    """``client.products['PRD-1']``: one object, its sub-collections and its actions."""

    def exists(self) -> bool:
        try:
            self.get()
        except ClientError as error:
            if error.status_code == 404:
                return False
            raise
        return True

    def values(self, *fields: str) -> dict[str, Any]:
        return get_values(self.get(), fields)


class AsyncResource(_ResourceBase):
    """A `Resource` whose verbs are awaited."""

    async def exists(self) -> bool:
        try:
            await self.get()
        except ClientError as error:
            if error.status_code == 404:
                return False
            raise
        return True

    async def values(self, *fields: str) -> dict[str, Any]:
        return get_values(await self.get(), fields)


class Action(_Node):
    """``client.requests['PR-1']('approve')``: the last step of a path, called with a verb."""

    def get(self, **kwargs):
        return self._client.get(self._path, **kwargs)

    def post(self, payload: Any = None, **kwargs):
        return self._client.create(self._path, payload=payload, **kwargs)

    def put(self, payload: Any = None, **kwargs):
        return self._client.update(self._path, payload=payload, **kwargs)

    def delete(self, **kwargs):
        return self._client.delete(self._path, **kwargs)


class AsyncNS(NS):
    """A `NS` of the asynchronous client."""


class AsyncCollection(Collection):
    """A `Collection` of the asynchronous client."""


class AsyncAction(Action):
    """An `Action` whose verbs are awaited."""


_Node._kinds = {
    "ns": NS,
    "collection": Collection,
    "resource": Resource,
    "action": Action,
    "set": ResourceSet,
}
AsyncNS._kinds = AsyncCollection._kinds = AsyncResource._kinds = {
    "ns": AsyncNS,
    "collection": AsyncCollection,
    "resource": AsyncResource,
    "action": AsyncAction,
    "set": AsyncResourceSet,
}
