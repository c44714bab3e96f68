"""What the actions do, a folder for each area of the API."""
