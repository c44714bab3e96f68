"""A DTS to run against when there is no cloud: a real HTTP server for the official SDKs."""
