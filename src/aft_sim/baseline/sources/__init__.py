"""One reader per official file, in its original layout."""
