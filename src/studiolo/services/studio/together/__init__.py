"""Working together: who did what, what was said about it, who is told, and who is here."""
