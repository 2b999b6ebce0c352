"""Pictures and videos into words: an encoder sees, a decoder with attention writes."""
