"""The command line's commands: each parses, calls the house, prints."""
