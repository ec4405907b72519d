# The bare loop in Python: ResNet-20 on images of CIFAR's size, random crop and flip on the whole batch, SGD. Prints the seconds of the timed
# steps and PyTorch's version.
# python3 pytorch_loop.py contiguous|channels_last float32|bfloat16 THREADS STEPS BATCH_SIZE
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

layout, precision, threads, steps, batch_size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
torch.set_num_threads(threads)
memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, images):
        shortcut = images if self.downsample is None else self.downsample(images)
        hidden = F.relu(self.bn1(self.conv1(images)), inplace=True)
        return F.relu(self.bn2(self.conv2(hidden)) + shortcut, inplace=True)


class ResNet20(nn.Sequential):
    def __init__(self, classes):
        layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
        inputs = 16
        for outputs, stride in ((16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)):
            layers.append(Block(inputs, outputs, stride))
            inputs = outputs
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))


mean = torch.tensor([0.507, 0.487, 0.441]).view(3, 1, 1) * 255
deviation = torch.tensor([0.267, 0.256, 0.276]).view(3, 1, 1) * 255
rows = torch.arange(batch_size)


def augment(images):
    windows = F.pad(images, (4, 4, 4, 4)).unfold(2, 32, 1).unfold(3, 32, 1)
    images = windows[rows, :, torch.randint(9, (batch_size,)), torch.randint(9, (batch_size,))]
    return torch.where(torch.rand(batch_size, 1, 1, 1) < 0.5, images.flip(3), images)


network = ResNet20(100).to(memory_format=memory_format)
optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)
images = torch.randint(256, (batch_size, 3, 32, 32), dtype=torch.uint8)
labels = torch.randint(100, (batch_size,))


def step():
    optimizer.zero_grad(set_to_none=True)
    batch = ((augment(images).float() - mean) / deviation).contiguous(memory_format=memory_format)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
        logits = network(batch)
    F.cross_entropy(logits.float(), labels).backward()
    optimizer.step()
    return (logits.argmax(1) == labels).sum().item()


for _ in range(3):
    step()
start = time.perf_counter()
for _ in range(steps):
    step()
print(time.perf_counter() - start, torch.__version__)
