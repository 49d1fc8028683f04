"""What follows a plan: orders that come in, parcels with their papers, where they are and when they arrive."""
