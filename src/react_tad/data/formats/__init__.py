"""Published features, one module a format. Reading only: shapes are known at once, numbers are read when asked for."""
