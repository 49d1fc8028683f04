"""What the rows of a case are on the server: whose they are, which cells are private, and the case they make."""
