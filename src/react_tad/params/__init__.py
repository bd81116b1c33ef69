"""Parameters: a module a section, so that a step knows no other than those it reads; then presets and experiments."""
