"""What tests share: real servers, the whole system, waiting for a condition."""
