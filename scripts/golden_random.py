#!/usr/bin/env python3
"""Weights that `random` and `rlw` draw, from BLAKE3 and ChaCha8 written anew from their specifications: golden numbers of the contract.

    python3 scripts/golden_random.py          # only the standard library
"""

import math
import struct

MASK = 0xFFFFFFFF
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
CHUNK_START, CHUNK_END, ROOT, DERIVE_CONTEXT, DERIVE_MATERIAL = 1, 2, 8, 32, 64
CONTEXT = b"polytask 2026 random streams v1"


def rotated(value, bits):
    return ((value << (32 - bits)) | (value >> bits)) & MASK


def mix(state, a, b, c, d, x, y):
    state[a] = (state[a] + state[b] + x) & MASK
    state[d] = rotated(state[d] ^ state[a], 16)
    state[c] = (state[c] + state[d]) & MASK
    state[b] = rotated(state[b] ^ state[c], 12)
    state[a] = (state[a] + state[b] + y) & MASK
    state[d] = rotated(state[d] ^ state[a], 8)
    state[c] = (state[c] + state[d]) & MASK
    state[b] = rotated(state[b] ^ state[c], 7)


def one_chunk(key, data, mode):
    """BLAKE3 of at most 1024 bytes: eight words."""
    blocks = [data[start : start + 64] for start in range(0, len(data), 64)] or [b""]
    chain = list(key)
    for number, block in enumerate(blocks):
        flags = mode | (CHUNK_START if number == 0 else 0)
        flags |= CHUNK_END | ROOT if number == len(blocks) - 1 else 0
        words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
        state = chain + list(IV[:4]) + [0, 0, len(block), flags]
        for turn in range(7):
            for lane in range(4):
                mix(state, lane, 4 + lane, 8 + lane, 12 + lane, words[2 * lane], words[2 * lane + 1])
            for lane in range(4):
                at = (lane, 4 + (lane + 1) % 4, 8 + (lane + 2) % 4, 12 + (lane + 3) % 4)
                mix(state, *at, words[8 + 2 * lane], words[9 + 2 * lane])
            order = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
            words = [words[place] for place in order]
        chain = [state[place] ^ state[place + 8] for place in range(8)]
    return chain


def chacha8(key):
    """The first block with nonce 0: sixteen words."""
    start = list(struct.unpack("<4I", b"expand 32-byte k")) + key + [0, 0, 0, 0]
    state = list(start)

    def quarter(a, b, c, d):
        for bits, (x, y, z) in zip((16, 12, 8, 7), ((a, b, d), (c, d, b), (a, b, d), (c, d, b))):
            state[x] = (state[x] + state[y]) & MASK
            state[z] = rotated(state[z] ^ state[x], 32 - bits)

    for _ in range(4):
        for lane in range(4):
            quarter(lane, 4 + lane, 8 + lane, 12 + lane)
        for lane in range(4):
            quarter(lane, 4 + (lane + 1) % 4, 8 + (lane + 2) % 4, 12 + (lane + 3) % 4)
    return [(word + first) & MASK for word, first in zip(state, start)]


def normal(seed, name, index):
    """The first normal number of a stream."""
    data = struct.pack("<QQ", seed, index) + name.encode()
    words = chacha8(one_chunk(one_chunk(IV, CONTEXT, DERIVE_CONTEXT), data, DERIVE_MATERIAL))
    first, second = (((words[at] | words[at + 1] << 32) >> 11) + 0.5 for at in (0, 2))
    return math.sqrt(-2 * math.log(first * 2.0**-53)) * math.cos(2 * math.pi * second * 2.0**-53)


def main():
    # The contract's first step of aggregators has seed 0, that of weightings 17.
    for method, seed in (("random", 0), ("rlw", 17)):
        draws = [math.exp(normal(seed, f"balance/{method}/task_{task}", 0)) for task in range(3)]
        print(method, [draw / sum(draws) for draw in draws])


if __name__ == "__main__":
    main()
