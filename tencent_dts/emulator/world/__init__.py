"""What all kinds of jobs share: time, the store, how a job lives, what it costs, how it goes wrong."""
