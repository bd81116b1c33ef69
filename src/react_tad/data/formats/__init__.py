"""How published and own features lie on disk, one module a format. Reading only.

A module gives the features of each video by name as :class:`~react_tad.data.datasets.LazyFeatures`: their shapes are
known at once, their numbers are read one video at a time. An error names the file, the video and the value.
"""
