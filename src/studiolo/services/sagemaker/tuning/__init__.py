"""Hyperparameter tuning: many training jobs, each with other parameters, and the best of them. The jobs are made by the same
operation that clients use, given to it as a handler.
"""
