"""To look at what was learned. Import the modules by name; matplotlib is loaded when something is drawn."""
