"""Pipelines: a definition of steps, and executions that run them. Kinds know nothing of it; it makes jobs, models and versions
by the same operations that clients use, given to it as handlers.
"""
