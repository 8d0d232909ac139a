"""What pages show of schedules, rules and functions beyond what AWS's own operations tell: next times, what came of it, code."""
