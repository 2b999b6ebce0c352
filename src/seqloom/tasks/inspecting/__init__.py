"""What one can ask of a trained model, whatever its task: views of it, and a report of all."""
