"""What surprises a model that predicts its own input, and alarms at a rate that is chosen.

A task adds itself by a :class:`~seqloom.tasks.watching.surprise.SurpriseStream` of its own, a
:class:`~seqloom.tasks.watching.calibration.Calibration` of what it held out, and a method ``watch`` that gives a
:class:`~seqloom.tasks.watching.watcher.Watcher` of both.
"""
