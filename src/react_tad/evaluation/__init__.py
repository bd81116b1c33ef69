"""The step ``evaluate``, and what is read off its numbers."""
