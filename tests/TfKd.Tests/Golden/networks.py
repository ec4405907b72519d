"""Reference logits of torchvision's networks in float64, with weights and an image that a formula gives.
Usage: python3 networks.py > networks.json (PyTorch 1.13, torchvision 0.14)"""
import functools
import json
import math
import sys

import numpy
import torch
import torchvision.models as models
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.vision_transformer import VisionTransformer

CLASSES = 10
IMAGE = 1000


def numbers(count, key):
    """Within [-1, 1), from the place in the tensor and the place of its key among all keys in ordinal order."""
    mask = numpy.uint64(0xFFFFFFFF)
    h = numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(2654435761) + numpy.uint64(key * 2246822519 + 374761393)
    h &= mask
    h ^= h >> numpy.uint64(15)
    h = h * numpy.uint64(2246822519) & mask
    h ^= h >> numpy.uint64(13)
    h = h * numpy.uint64(3266489917) & mask
    h ^= h >> numpy.uint64(16)
    return h.astype(numpy.float64) / 2 ** 31 - 1


def fill(key, tensor, u):
    if key.endswith("running_var"):
        return 1 + 0.5 * u
    if key.endswith("bias") or key.endswith("running_mean"):
        return 0.1 * u
    if key.endswith("layer_scale"):
        return 0.5 + 0.3 * u
    if tensor.dim() == 1:
        return 1 + 0.3 * u
    if tensor.shape[0] == 1:
        return 0.5 * u
    return u * math.sqrt(6 / (tensor.numel() / tensor.shape[0]))


def logits(network, size):
    network.double().eval()
    state = network.state_dict()
    for place, key in enumerate(sorted(state)):
        if not key.endswith("num_batches_tracked"):
            u = torch.from_numpy(numbers(state[key].numel(), place)).reshape(state[key].shape)
            state[key].copy_(fill(key, state[key], u))
    image = torch.from_numpy(numbers(3 * size * size, IMAGE)).reshape(1, 3, size, size)
    with torch.no_grad():
        return network(image)[0].tolist()


def convnext(width, third):
    widths = [width, 2 * width, 4 * width, 8 * width, None]
    blocks = [CNBlockConfig(widths[i], widths[i + 1], count) for i, count in enumerate([3, 3, third, 3])]
    return ConvNeXt(blocks, stochastic_depth_prob=0.1, num_classes=CLASSES)


def transformer(size, patch, width, heads, blocks):
    network = VisionTransformer(image_size=size, patch_size=patch, num_layers=blocks, num_heads=heads, hidden_dim=width,
                                mlp_dim=4 * width, num_classes=CLASSES)
    return network


def values():
    make = functools.partial(dict, num_classes=CLASSES)
    yield "mobilenet_v3_large", logits(models.mobilenet_v3_large(**make()), 64)
    yield "mobilenet_v3_small", logits(models.mobilenet_v3_small(**make()), 64)
    yield "mobilenet_v3_small width 0.75", logits(models.mobilenet_v3_small(width_mult=0.75, **make()), 64)
    yield "efficientnet_b0", logits(models.efficientnet_b0(**make()), 64)
    yield "efficientnet_b2", logits(models.efficientnet_b2(**make()), 64)
    yield "convnext_tiny", logits(models.convnext_tiny(**make()), 64)
    yield "convnext width 16, 4 blocks", logits(convnext(16, 4), 64)
    yield "vit_ti_16 at 96", logits(transformer(96, 16, 192, 3, 12), 96)
    yield "vit patch 8, width 32, 2 heads, 3 blocks at 32", logits(transformer(32, 8, 32, 2, 3), 32)


if __name__ == "__main__":
    json.dump(dict(values()), sys.stdout, indent=1)
    print()
