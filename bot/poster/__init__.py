"""The poster, the card and the picture: `words` says what stands on them, `sheets.typ` where, `sheets` makes the files."""
