"""Lineage: what was made of what, as entities and the associations between them; made by hand, and by itself (maker.py)."""
