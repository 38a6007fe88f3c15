"""A Whisper of 2 layers with random weights, so that real loading and decoding run offline.

What it says is random: times out of order and past the end are a test of the repair.
"""

import json
from pathlib import Path
from string import ascii_lowercase

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH, MELS, LAYERS, HEADS = 64, 80, 2, 2
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
BEGINNINGS = tuple(f"Ġ{letter}" for letter in ascii_lowercase)
"""Tokens that begin a word; a space alone is one that Whisper never says."""
TIMES = 1501


def make_tiny_whisper(folder: Path, seed: int = 0) -> Path:
    """Write the model, its tokenizer and its preprocessor into `folder`; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *BEGINNINGS, *SPECIAL]
    tokens += [f"<|{i * 0.02:.2f}|>" for i in range(TIMES)]
    _tokenizer(tokens).save(str(folder / "tokenizer.json"))
    spec = WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    _fill(spec, len(tokens), np.random.default_rng(seed))
    # Letters are likelier than the rest, so that most of what it says is words.
    likely = [8.0 if token.strip("Ġ") in set(ascii_lowercase) else 0.0 for token in tokens]
    spec.decoder.projection.bias = np.array(likely, np.float32)
    spec.register_vocabulary(tokens)
    spec.config.lang_ids = [tokens.index("<|en|>")]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokens.index("<|endoftext|>")]
    spec.config.alignment_heads = [(1, 0), (1, 1)]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    preprocessor = {"feature_size": MELS, "hop_length": 160, "n_fft": 400, "sampling_rate": 16000}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return folder


def _tokenizer(tokens: list[str]) -> Tokenizer:
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(pair) for pair in BEGINNINGS]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token) for token in SPECIAL])
    return tokenizer


def _fill(spec: WhisperSpec, vocabulary: int, rng: np.random.Generator) -> None:
    def weights(*shape):
        return rng.normal(0, 0.3, shape).astype(np.float32)

    def linear(layer, rows, columns):
        layer.weight, layer.bias = weights(rows, columns), weights(rows)

    def norm(layer):
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    for conv, channels in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, WIDTH)):
        conv.weight, conv.bias = weights(WIDTH, channels, 3), weights(WIDTH)
    spec.encoder.position_encodings.encodings = weights(1500, WIDTH)
    spec.decoder.position_encodings.encodings = weights(448, WIDTH)
    spec.decoder.embeddings.weight = weights(vocabulary, WIDTH)
    spec.decoder.projection.weight = weights(vocabulary, WIDTH)
    norm(spec.encoder.layer_norm)
    norm(spec.decoder.layer_norm)
    for layer in (*spec.encoder.layer, *spec.decoder.layer):
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * WIDTH, WIDTH)
        linear(layer.self_attention.linear[1], WIDTH, WIDTH)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * WIDTH, WIDTH)
        linear(layer.ffn.linear_1, WIDTH, 4 * WIDTH)
    for layer in spec.decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], WIDTH, WIDTH)
        linear(layer.attention.linear[1], 2 * WIDTH, WIDTH)
        linear(layer.attention.linear[2], WIDTH, WIDTH)
