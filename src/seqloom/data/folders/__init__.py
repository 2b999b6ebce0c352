"""Folders whose files have labels: by folder, by name, or by a table of labels; and the texts in them."""
