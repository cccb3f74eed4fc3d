"""The machine's own processes as the engine; nothing keeps them apart from it."""
