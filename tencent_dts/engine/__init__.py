"""What every task relies on: calls that take hold once, the records of jobs, memory over retries, waits, verdicts."""
