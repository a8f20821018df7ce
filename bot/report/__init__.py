"""``ownit report``: what is due, what is covered, and how the bots are used."""
