"""Model cards: what a card may hold, checked as AWS's schema has it, and a card as a PDF. Knows no store."""
