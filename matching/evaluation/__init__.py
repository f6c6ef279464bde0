"""How good the engine's suggestions are, measured on real pairs of partners that others wrote down.

Files in, figures out: no rows of the database, no services. ``formats`` reads, ``statements`` and
``consortia`` make a question of each pair, ``baselines`` answers as others would, ``metrics``
counts. ``learning`` is the one step by which pairs become parameters of the engine.
"""
