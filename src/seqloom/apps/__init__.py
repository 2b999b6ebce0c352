"""What people start: the command line. Strings from outside become objects here."""
