"""The paper's equations as plain loops over numbers, written from the text alone: what the tests compare with."""
