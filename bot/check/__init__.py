"""The rules of ``ownit check``: what must hold of the content files, one small function a rule.

`files.Files` reads everything once, `rules.rule` registers a rule, and `run.problems` runs them all.
Nothing here imports Rasa or a model, so that a check takes about a second.
"""
