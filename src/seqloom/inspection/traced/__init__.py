"""What a model computes inside, by name and layer: the recorder, what each kind of work can show, and the record."""
