"""Labels and customs forms as PDF: Code 128 of S10 numbers, and text in Latin, Cyrillic and Chinese letters."""
