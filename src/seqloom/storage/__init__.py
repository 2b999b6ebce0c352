"""Storage: what is written appears whole or not at all, and nothing that is not ours is touched.

``directory``   files that appear all at once           ``manifest``    names, sizes and sums of what was written
``reading``     a directory that has proven whole       ``ownership``   what is ours in a directory, and what is not
``run``         a run directory, open for writing       ``versions``    the checkpoints of a run
``replacing``   a run that another one replaces         ``lock``        one run in one directory
``temporary``   names of what is being written          ``exchange``    two directories swapped at once

Import the modules by name; this file stays light.
"""
