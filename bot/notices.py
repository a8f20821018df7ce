"""Notices that more than one part of the software must know apart; their words are in ``data/answers/local.yml``."""

# Surgeries stand under these: afterwards "the first one" means one of them.
SHOWED = frozenset({"gp_found", "gp_found_area", "gp_found_pin", "gp_found_named", "gp_found_typo", "gp_terminated", "gp_far"})
