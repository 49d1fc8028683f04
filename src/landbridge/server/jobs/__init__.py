"""Jobs: what they are asked for, and the workers that do them."""
