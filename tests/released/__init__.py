"""The preset ``released`` against arrays that its authors' code computed; no code of theirs is here."""
