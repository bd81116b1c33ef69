"""The verbs of ``react-tad``, one module each; :mod:`react_tad.cli` says what such a module has."""
