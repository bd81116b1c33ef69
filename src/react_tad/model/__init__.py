"""The detector of the paper: one module a component; :mod:`react_tad.model.react` assembles them."""
