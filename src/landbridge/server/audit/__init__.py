"""Who changed what, and when: one line for each change, in its transaction."""
