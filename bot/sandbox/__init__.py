"""How can the bot be tried without Telegram? A Bot API server of one's own, with a chat page."""
