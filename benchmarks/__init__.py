"""Speed, accuracy and soak measurements, each beside its rivals in the same run."""
