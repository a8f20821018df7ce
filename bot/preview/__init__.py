"""``ownit preview``: the answers as people will see them, on a local page."""
