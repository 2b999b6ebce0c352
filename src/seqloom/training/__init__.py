"""Training: the loop, its settings, and checkpoints that lose nothing.

``settings``     what a run is asked to do              ``loop``         forward, backward, update, until a limit
``optimisers``   Adam(W), RMSprop, SGD                  ``evaluation``   the loss on data that is not learned from
``schedules``    constant, cosine, plateau; warm-up     ``progress``     what a person sees
``stopping``     early stopping                         ``log``          metrics.jsonl and the history
``signals``      how signals end a run in order         ``lossy``        a stream that neither fails nor waits
``checkpoints``  versions of a run; ``snapshot``: what is in one
``directory``    files that appear all at once          ``lock``         one run in one directory

Import the modules by name; this file stays light.
"""
