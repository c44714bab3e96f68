"""Jobs that no run holds any more, and the report of them."""
