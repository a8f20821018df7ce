"""Own It: young people's healthcare rights in England, answered in reviewed words."""
