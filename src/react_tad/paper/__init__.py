"""The paper's tables and figures from measured files, with the paper's own numbers beside them."""
