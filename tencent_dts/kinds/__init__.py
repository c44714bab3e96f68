"""What tells one kind of job from another, as data: a folder for each kind, beside what all of them are made of."""
