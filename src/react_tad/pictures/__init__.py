"""Pictures of results, drawn from files only: each module one picture, SVG or PNG."""
