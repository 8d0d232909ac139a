"""Notebooks beside JupyterLab: run as jobs, now or on a schedule, and shared as they are at a moment."""
