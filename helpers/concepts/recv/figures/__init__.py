"""Pictures of a stream and of the reads that take it apart."""
