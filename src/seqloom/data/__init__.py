"""What flows: batches, from whatever kind of file; each kind has a door of its own, as ``text`` has."""

from __future__ import annotations

from seqloom.data.batch import IGNORED, Batch, Batches, Epoch
from seqloom.data.padded import Padded, pad
from seqloom.data.text.boundaries import Boundaries, Start
from seqloom.data.text.corpus import Corpus, TokenStream, encode_corpus
from seqloom.data.text.document import Document, Piece, split_documents, text_documents
from seqloom.data.text.lanes import Lanes
from seqloom.data.text.reader import read_text
from seqloom.data.text.shuffling import shuffled
from seqloom.data.text.sources import Files, Source, Texts, read_documents
from seqloom.data.text.split import split
from seqloom.data.text.vocabularies.bpe import BytePairs
from seqloom.data.text.vocabularies.byte import Bytes
from seqloom.data.text.vocabularies.characters import Characters
from seqloom.data.text.vocabularies.choice import Tokens, learn_vocabulary, vocabulary_from_json
from seqloom.data.text.vocabularies.symbols import Symbols
from seqloom.data.text.vocabularies.vocabulary import Encoded, IncrementalDecoder, IncrementalEncoder, Vocabulary
from seqloom.data.text.vocabularies.words import Words

__all__ = [
    "IGNORED",
    "Batch",
    "Batches",
    "Boundaries",
    "BytePairs",
    "Bytes",
    "Characters",
    "Corpus",
    "Document",
    "Encoded",
    "Epoch",
    "Files",
    "IncrementalDecoder",
    "IncrementalEncoder",
    "Lanes",
    "Padded",
    "Piece",
    "Source",
    "Start",
    "Symbols",
    "Texts",
    "TokenStream",
    "Tokens",
    "Vocabulary",
    "Words",
    "encode_corpus",
    "learn_vocabulary",
    "pad",
    "read_documents",
    "read_text",
    "shuffled",
    "split",
    "split_documents",
    "text_documents",
    "vocabulary_from_json",
]
