"""The action server: everything that searches or reaches outside; it says nothing itself.

Actions return what they found as data; the words stand in ``data/answers``.
"""
