"""One file per measure, each a function from a place and a scale to what was measured."""
