"""Whose certificates are believed? Those of the environment's SSL_CERT_FILE or SSL_CERT_DIR, else certifi's."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def authorities() -> ssl.SSLContext:
    """Read once for all clients of this process: each would take a twentieth of a second for it.

    Not every Python knows its system's certificates.
    """
    return httpx.create_ssl_context()
