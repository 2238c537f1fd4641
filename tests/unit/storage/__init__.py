"""What storage promises beyond its ports."""
