"""Space and time: when vehicles may leave, the expanded network, and the kernels that find paths in it."""
