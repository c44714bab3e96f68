"""What must hold before a call is sent: frozen objects, which an operator names; one file for each concern."""
