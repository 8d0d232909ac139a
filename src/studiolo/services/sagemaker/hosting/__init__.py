"""What endpoints, inference components and transform jobs have in common: a model's containers, brought to this machine
and described as process groups that serve. Kinds call it; it knows none of them.
"""
