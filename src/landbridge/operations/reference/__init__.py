"""Tables that come with the package: HS codes, customs rules, words too vague for customs."""
