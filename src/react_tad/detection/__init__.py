"""The steps ``detect`` and ``suppress``: from a trained network to detections."""
