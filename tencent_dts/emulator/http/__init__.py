"""What happens between a request and its answer, whatever the action."""
