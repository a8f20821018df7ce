"""Channels translate one outside protocol to and from plain messages; what a topic says they do not know."""
