"""Tests that need a container engine."""
