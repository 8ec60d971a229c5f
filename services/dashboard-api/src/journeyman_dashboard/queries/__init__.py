"""Questions to the read model, a file a topic. Each takes a connection within a read transaction, and is bounded."""
