"""What distinguishes one kind of job from another, as data: a folder for each, beside what all of them are made of."""
