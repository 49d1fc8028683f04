"""Network design without time: links with steps of capacity, commodities from one node to another."""
