"""The watch over what lives: what is wrong with jobs of this deployment, since when, and who has been told."""
