"""Floor 9: the command line (parse, call, print, exit code)."""
