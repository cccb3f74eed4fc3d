"""Tests of the kit, and what its live tests stand on."""
