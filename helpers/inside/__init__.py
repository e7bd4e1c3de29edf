"""What runs inside a host, or speaks with what does. The standard library only."""
