"""Customs: dated rules as rows, what a buyer pays in the end, and the forms CN22 and CN23."""
