"""Pictures of queues that fill, of crowds that come, and of who takes them."""
