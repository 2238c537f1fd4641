"""Research: what the web knows about a car's looks, in time and without trusting it."""
