"""Pictures of the way through the two queues."""
