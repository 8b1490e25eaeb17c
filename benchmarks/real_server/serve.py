"""Serve a GGUF file with llama.cpp's OpenAI-compatible server, as packed in xllamacpp.

    PYTHONPATH=FOLDER_OF_XLLAMACPP python benchmarks/real_server/serve.py MODEL.gguf

Prints the address, then serves until its input ends.
"""

from __future__ import annotations

import argparse
import sys


def main() -> None:
    """Parse the arguments, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=2048)
    arguments = parser.parse_args()
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = arguments.model
    parameters.n_ctx = arguments.context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = arguments.threads
    parameters.cpuparams_batch.n_threads = arguments.threads
    parameters.warmup = False
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
