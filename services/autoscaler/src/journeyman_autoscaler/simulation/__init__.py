"""What a policy would have done with some traffic, and what that would have cost: simulated, hours in seconds."""
