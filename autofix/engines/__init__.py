"""Where builders, servers and databases run."""
