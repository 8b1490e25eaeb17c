"""Rows of a finished build in the forms of other toolkits."""
