"""Tables of decisions: the night's rows through the pure functions of :mod:`costmodel` that answer a question."""
