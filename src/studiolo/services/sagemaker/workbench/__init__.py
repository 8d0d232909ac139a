"""Where people write code: domains, user profiles, spaces and the apps that run in them. Few of the common verbs fit, since
all but a lifecycle configuration is named by more than its name."""
