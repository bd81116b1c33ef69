"""What goes wrong in a set of detections, in the manner of DETAD.

Alwassel, Caba Heilbron, Escorcia, Ghanem: "Diagnosing Error in Temporal Action Detectors" (ECCV 2018). Three questions,
each a module: of which kinds are the false positives, and what would their absence be worth (``false_positives``); how
does precision depend on the instances' characteristics (``sensitivity``); which instances are missed (``missed``). All
three start from the matching of definition ``activitynet`` in :mod:`react_tad.evaluation.average_precision`, are
computed at every tIoU threshold and averaged over thresholds last.

Where this departs from DETAD's program:

- N of normalized AP is the mean number of instances of a class as it is, not rounded down.
- Instances without length, or longer than their video, stay: they count in mAP, so they count here. The first are
  always missed; the second are in the bucket of highest coverage.
- When the instances of one bucket are studied, a detection of another bucket's instance is left out at the threshold
  where it is one, not at all thresholds from there on.
- A false positive that overlaps an instance of its own class and one of another class equally well is judged by the
  one of its own class, whatever their order in the file.
- Buckets can be chosen by the data (``characteristics``). Context size, context distance and annotators' agreement need
  annotations that only ActivityNet has, and are not studied.
"""
