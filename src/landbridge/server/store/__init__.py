"""The database: its tables, connections that know who asks, and one function per question."""
