"""Data: annotations, features, windows, downloads, and one small module a data set."""
