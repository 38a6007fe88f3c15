"""What a lecture is made of: pure analysis, with no store, queue, web or UI."""
