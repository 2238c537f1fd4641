"""What survives a kill? Rows of sessions, views and albums, updates, answers of searches, pictures."""

from storage.opening import Storage, open_storage

__all__ = ["Storage", "open_storage"]
