"""Ground-truth profiles: which part of a data set's annotations a number was measured on.

Papers on one data set evaluate on different videos and instances, and their numbers differ by more than their methods
sometimes do. A profile is data (``DATASET.yaml`` in this folder), its counts are asserted when it is applied, and every
number measured under it says so.
"""
