"""The HTTP routes, a file a topic. Each reads its parameters, asks one query, and answers."""
