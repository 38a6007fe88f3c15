"""Other programs beside ours: each script runs alone, in its own environment, and prints JSON."""
