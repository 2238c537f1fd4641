"""From a description to an album: knows neither Telegram nor SQL."""
