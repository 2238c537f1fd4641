"""The real bot, killed again and again; ledgers on both sides say what came of it."""
