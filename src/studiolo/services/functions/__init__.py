"""The `lambda` service: Python functions, each invocation a small isolated job of its own."""
