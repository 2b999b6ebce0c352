"""Pictures of layers, models and cells, made from these themselves: SVG that needs no font, script or colour."""
