"""Scenarios: small broken plugins, and the kit that makes images for them."""
