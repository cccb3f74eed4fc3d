"""Scenarios: failing plugins kept with what must come of them, to be run again."""
