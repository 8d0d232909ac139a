"""studiolo: an open, self-hosted ML studio that speaks the SageMaker API.

Kept free of imports: job environments import `studiolo.workloads` with nothing but the standard library around it.
"""

__version__ = "0.1.0"
