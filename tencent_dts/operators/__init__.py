"""One operator for each action of the API."""
