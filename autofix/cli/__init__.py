"""The command line: flags to values, exceptions to exit codes."""
