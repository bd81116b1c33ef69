"""Detections as one HTML page to look at in a browser, without a server or a network."""
