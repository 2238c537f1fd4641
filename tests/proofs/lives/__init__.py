"""The life of cars in a bot that may be killed, refused or out of disk between any two steps."""
