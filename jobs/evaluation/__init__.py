"""Accuracy against labelled recordings: readers of labels, definitions of metrics, measures."""
