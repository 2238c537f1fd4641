"""Rakurs: one car from every angle, drawn for a Telegram chat."""

__version__ = "0.1.0"
