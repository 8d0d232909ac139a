"""Topics and their webhooks, in the form of Amazon SNS: how the studio tells other programs what has happened."""
