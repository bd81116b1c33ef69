"""The training objective (section 3.4): one module a term; :mod:`react_tad.losses.criterion` adds them up."""
