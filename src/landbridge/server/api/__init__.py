"""The doors of the server: a route reads the request, calls one function and returns what it says."""
