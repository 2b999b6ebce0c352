"""From a text file to batches: reader, documents, vocabularies, corpus, split, lanes."""

from __future__ import annotations

from seqloom.data.batch import IGNORED, Batch, Batches
from seqloom.data.boundaries import Boundaries, Start
from seqloom.data.bpe import BytePairs
from seqloom.data.byte import Bytes
from seqloom.data.characters import Characters
from seqloom.data.corpus import Corpus, Stream, encode_corpus
from seqloom.data.document import Document, Piece, split_documents, text_documents
from seqloom.data.lanes import Lanes
from seqloom.data.padded import Padded, pad
from seqloom.data.reader import read_text
from seqloom.data.shuffling import shuffled
from seqloom.data.sources import Files, Source, Texts, read_documents
from seqloom.data.split import split
from seqloom.data.symbols import Symbols
from seqloom.data.vocabularies import Tokens, learn_vocabulary, vocabulary_from_json
from seqloom.data.vocabulary import Decoder, Encoded, Encoder, Vocabulary
from seqloom.data.words import Words

__all__ = [
    "IGNORED",
    "Batch",
    "Batches",
    "Boundaries",
    "BytePairs",
    "Bytes",
    "Characters",
    "Corpus",
    "Decoder",
    "Document",
    "Encoded",
    "Encoder",
    "Files",
    "Lanes",
    "Padded",
    "Piece",
    "Source",
    "Start",
    "Stream",
    "Symbols",
    "Texts",
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
