using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What batch norm does in training, for layers that run in training only: no statistics are kept. Samples count with their weights, and a
/// channel of one value becomes the bias.
/// </summary>
internal sealed class BatchStandardization : nn.Module
{
    private const double Epsilon = 1e-5;

    // The fields' names are the keys of checkpoints.
    private readonly Parameter weight;
    private readonly Parameter bias;

    public BatchStandardization(int channels) : base(nameof(BatchStandardization))
    {
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        RegisterComponents();
    }

    /// <summary>Subtracts the mean and divides by the standard deviation of each channel; then its own weight and bias.</summary>
    /// <param name="positions">[N,P,C].</param>
    /// <param name="rowWeights">[N], or null where all samples weigh the same.</param>
    public Tensor Of(Tensor positions, Tensor? rowWeights)
    {
        var shares = rowWeights is null
            ? full(positions.shape[0], 1, 1, 1.0 / positions.shape[0], positions.dtype, positions.device)
            : (rowWeights / rowWeights.sum().clamp(min: finfo(positions.dtype).tiny)).to(positions.dtype).view(-1, 1, 1);
        var centred = positions - Mean(positions);
        return centred / (Mean(centred.square()) + Epsilon).sqrt() * weight + bias;

        Tensor Mean(Tensor values) => (values * shares).sum(0, keepdim: true).mean([1], keepdim: true);
    }
}
