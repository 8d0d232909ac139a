"""Metering, budgets and quotas: what the runner knows, written into the meter; what is asked for, held against limits."""
