"""Channels translate one outside protocol to and from plain messages; they know no topics."""
