"""What must hold before a call that cannot be taken back is sent, one file for each."""
