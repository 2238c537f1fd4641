"""How long would people wait for a given fleet? The bot's rules, played in simulated time."""
