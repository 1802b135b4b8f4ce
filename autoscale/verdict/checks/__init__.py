"""The checks of a run: each says whether one reason to doubt it holds."""
