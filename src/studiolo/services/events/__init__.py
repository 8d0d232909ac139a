"""The `events` service (EventBridge): rules that start pipelines and functions, by what happens and at times."""
