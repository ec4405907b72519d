#!/usr/bin/env bash
# tests/gpu.sh [DEVICE]: on a machine with a graphics card of NVIDIA (cuda by default, cuda:1 for a second one), what this library does there,
# in about five minutes: builds with the packages for CUDA, trains on the CPU and on the card, and compares losses, speeds and scores
# (`-- device` of the benchmarks). Ends with 1 where numbers differ. With cpu it builds with the packages for processors: that the script
# works can be tried anywhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

device=${1:-cuda}
backend=()
if [ "$device" != cpu ]; then
    command -v nvidia-smi >/dev/null || { echo "nvidia-smi is not there: this machine has no driver for a card of NVIDIA." >&2; exit 1; }
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
    backend=(-p:TorchBackend=cuda -p:OnnxBackend=cuda)
fi
# Apart from what was built with other packages.
artifacts=$(mktemp -d)
trap 'rm -rf "$artifacts"' EXIT
dotnet run -c Release --project tests/TfKd.Benchmarks --artifacts-path "$artifacts" "${backend[@]}" -- device "$device"
