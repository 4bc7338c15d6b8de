"""What the operator decides: pure functions over evidence, without I/O, clock or logging."""
