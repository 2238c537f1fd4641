"""Generated descriptions and updates against the real application."""
