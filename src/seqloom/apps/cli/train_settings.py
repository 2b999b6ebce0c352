"""Every setting of ``seqloom train``, once: flag, TOML key, kind, and help."""

from __future__ import annotations

from seqloom.apps.cli.kinds import Choice, Number, ShareOrFile, Switch, Text, Whole, WholeOr
from seqloom.apps.cli.settings import Setting

__all__ = ["FIT_SETTINGS", "MODEL_SETTINGS", "TRAINING_SETTINGS", "TRAIN_SETTINGS"]

_TEXT, _MODEL, _TRAINING, _LIMITS = "Text", "Model", "Training", "Limits and checkpoints"

MODEL_SETTINGS = (
    Setting("model", Text("WORDS"), "Layers: lstm(256), 2*gru(128,…), elman(100) + lstm(64).", _MODEL),
    Setting("embedding", WholeOr(1, "one-hot"), "Width of the learned embedding, or one-hot.", _MODEL),
    Setting("tied", Switch(), "Share the table of the embedding with the head.", _MODEL),
    Setting("dropout", Number(0.0, 1.0), "Share of units dropped between layers and before the head.", _MODEL),
    Setting("tokens", Choice("characters", "bytes", "words", "bpe", "symbols"), "What one token is.", _TEXT),
    Setting("document", Choice("file", "line", "blank-line"), "Where a document ends.", _TEXT),
    Setting("reset", Switch(), "Begin each document with a fresh state (default: if there are many).", _TEXT),
    Setting("start", Choice("eos", "zero"), "What predicts the first token: <eos>, or a zero vector.", _TEXT),
    Setting("minimum_count", Whole(1), "Rarer characters or words become <unk>.", _TEXT),
    Setting("vocabulary_size", Whole(3), "The most tokens a vocabulary may have.", _TEXT),
    Setting("batch_size", Whole(1), "Rows of a batch.", _TRAINING),
    Setting("window", Whole(1), "Tokens that gradients flow through (truncated backpropagation).", _TRAINING),
)

TRAINING_SETTINGS = (
    Setting("optimiser", Choice("adamw", "adam", "rmsprop", "sgd"), "The rule of the updates.", _TRAINING),
    Setting("learning_rate", Number(above=True), "Size of an update.", _TRAINING),
    Setting("weight_decay", Number(), "Pull of the weights towards zero.", _TRAINING),
    Setting("momentum", Number(0.0, 1.0), "Momentum of sgd.", _TRAINING),
    Setting("schedule", Choice("constant", "linear", "cosine", "plateau"), "Course of the learning rate.", _TRAINING),
    Setting("warmup_steps", Whole(0), "Steps in which the learning rate rises from zero.", _TRAINING),
    Setting("clip_norm", Number(above=True), "The longest gradient.", _TRAINING),
    Setting("clip_value", Number(above=True), "The largest element of a gradient.", _TRAINING),
    Setting("accumulate", Whole(1), "Windows that one update sums over.", _TRAINING),
    Setting("precision", Choice("32-true", "bf16-mixed"), "Numbers to compute with.", _TRAINING),
    Setting("device", Text("DEVICE"), "auto, cpu, mps, cuda or cuda:N.", _TRAINING),
    Setting("seed", Whole(0), "Seed of everything random.", _TRAINING),
    Setting("steps", Whole(1), "Stop after so many updates.", _LIMITS),
    Setting("epochs", Whole(1), "Stop after so many passes over the text.", _LIMITS),
    Setting("minutes", Number(above=True), "Stop after so much time, reading and scoring included.", _LIMITS),
    Setting("patience", Whole(1), "Stop after so many evaluations without progress.", _LIMITS),
    Setting("evaluate_every", Whole(1), "Steps between evaluations (default: one epoch).", _LIMITS),
    Setting("log_every", Whole(1), "Steps between lines of metrics.jsonl.", _LIMITS),
    Setting("checkpoint_every_seconds", Number(above=True), "Seconds between checkpoints.", _LIMITS),
    Setting("checkpoint_every_steps", Whole(1), "Steps between checkpoints.", _LIMITS),
)

FIT_SETTINGS = (
    Setting("validation", ShareOrFile(), "What is held out to judge by: a share (default: 0.1), or a file.", _TEXT),
    Setting("preview", Whole(1), "Show so many tokens of text at each evaluation.", _LIMITS),
)

TRAIN_SETTINGS = MODEL_SETTINGS + TRAINING_SETTINGS + FIT_SETTINGS
