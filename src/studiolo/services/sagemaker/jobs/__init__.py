"""What jobs of several kinds have in common: the objects an input names, keys for the code inside, samples of its use.
Kinds call it; it knows none of them.
"""
