"""Rolling a project forward to next year, step by step, and setting September beside the spring forecast."""
