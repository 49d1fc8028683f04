"""What a case, a plan and the clock are: frozen data and the one attribute table."""
