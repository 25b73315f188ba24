"""The API client that reports know: same names and behaviour as ``connect-openapi-client``.

A report never holds a socket or a key. Every call goes through the host's broker (the built-in
module ``_carrel``), which adds the credential and decides what is permitted.
"""

from connect.client.exceptions import ClientError
from connect.client.fluent import AsyncConnectClient, ConnectClient
from connect.client.logger import RequestLogger
from connect.client.rql import R

__all__ = ["AsyncConnectClient", "ClientError", "ConnectClient", "R", "RequestLogger"]
