"""The model all methods share: a linear master over paths and runs, its families of rows, and plans read off it."""
