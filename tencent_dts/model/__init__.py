"""What a resource, an operation and a wait are; the rows stand in the folders of the kinds."""
