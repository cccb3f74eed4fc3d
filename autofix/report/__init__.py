"""What a person or a machine sees, made from the same events."""
