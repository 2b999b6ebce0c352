"""Training: the loop, its settings, and snapshots that lose nothing.

``settings``     what a run is asked to do              ``loop``         forward, backward, update, until a limit
``problem``      what is to be learned                  ``objectives``   what is minimised and measured
``optimisers``   Adam(W), RMSprop, SGD                  ``evaluation``   what is measured on data not learned from
``schedules``    constant, linear, cosine, plateau      ``progress``     what a person sees
``stopping``     early stopping                         ``log``          metrics.jsonl and the history
``signals``      how signals end a run in order         ``lossy``        a stream that neither fails nor waits
``snapshot``     all that a run needs to go on          ``ranks``        the processes that share a run
``agreement``    what they agree on, step by step       ``open_run``     a run directory for all of them
``averaging``    the mean of the newest weights

Import the modules by name; this file stays light.
"""
