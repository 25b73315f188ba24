"""The former name of ``connect.client``, still imported by older reports."""

from connect.client import AsyncConnectClient, ClientError, ConnectClient, R

__all__ = ["AsyncConnectClient", "ClientError", "ConnectClient", "R"]
