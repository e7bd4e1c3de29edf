"""Pictures of endings."""
