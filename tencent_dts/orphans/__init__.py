"""Jobs that nobody holds any more, and the report of them."""
