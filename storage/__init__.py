"""Rows of sessions and views, pictures and figures."""
