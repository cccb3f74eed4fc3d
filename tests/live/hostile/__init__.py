"""Servers and plugins that misbehave, made for the tests of bad input."""
