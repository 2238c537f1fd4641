"""One file a provider, one registry."""
