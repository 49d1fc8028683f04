"""Better plans: neighbourhoods of a plan, each a model of its own."""
