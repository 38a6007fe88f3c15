"""The commands of `lecture`, one module each."""
