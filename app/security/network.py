"""Addresses of clients: whom to believe about them, and how much of them is kept."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import Scope


def client_of(scope: Scope, headers: Headers, proxies: Collection[str]) -> str:
    """Return the address that a request came from; X-Forwarded-For only counts behind a proxy."""
    client = scope.get("client")
    address = client[0] if client else ""
    named = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    while named and address in proxies:
        address = named.pop()
    return address


def is_secure(scope: Scope, headers: Headers, proxies: Collection[str]) -> bool:
    """Return whether the browser speaks TLS, to us or to a proxy that is believed."""
    client = scope.get("client")
    if client and client[0] in proxies and "x-forwarded-proto" in headers:
        return headers["x-forwarded-proto"] == "https"
    return scope.get("scheme") in ("https", "wss")


def network_of(address: str) -> str:
    """Return the network of an address, which the audit keeps: 192.0.2.77 -> 192.0.2.0."""
    try:
        bits = 24 if ipaddress.ip_address(address).version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)
    except ValueError:
        return ""
