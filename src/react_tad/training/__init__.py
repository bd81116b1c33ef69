"""The step ``train``: networks from windows."""
