"""Wiring: the only place that names concrete classes; opens and closes them."""
