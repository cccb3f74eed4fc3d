"""Many plugins times many servers: planned, done by workers, kept, told."""
