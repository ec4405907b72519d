using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A linear classifier of features by L2-regularised logistic regression, fitted to convergence: the weighted mean of the cross entropy
/// plus half the strength times the squared norm of the weights. It is multinomial, or for several labels one binary regression a class,
/// whose objectives are added and do not touch one another. Features are centred and brought to a mean squared norm of 1, so
/// that a strength means the same for any network; the bias is not regularised.
/// </summary>
internal sealed class LogisticRegression : IDisposable
{
    // With a column of ones behind them, for the bias.
    private readonly Tensor _features;
    private readonly Tensor _targets;
    private readonly Tensor _others;
    // Of rows, [N,1], or of their classes, [N,K].
    private readonly Tensor _weights;
    private readonly Tensor _mean;
    private readonly double _scale;
    private readonly int _classCount;
    private readonly bool _isBinary;

    /// <param name="features">[N,D], floating point.</param>
    /// <param name="targets">[N,K], float64: 1 for the labels of a row, 0 otherwise.</param>
    /// <param name="rowWeights">[N], float64; their sum is above 0.</param>
    /// <param name="isBinary">Whether a row may have several labels.</param>
    /// <param name="positiveWeights">
    /// [K], float64: how much the rows that have a label count beside those that have not; null: as much.
    /// </param>
    public LogisticRegression(Tensor features, Tensor targets, Tensor rowWeights, bool isBinary, Tensor? positiveWeights = null)
    {
        using var scope = NewDisposeScope();
        var values = features.to(ScalarType.Float64);
        (_classCount, _isBinary) = ((int)targets.shape[1], isBinary);
        var ofRows = (rowWeights / rowWeights.sum()).unsqueeze(1);
        _mean = (values * ofRows).sum(0, keepdim: true).DetachFromDisposeScope();
        var centred = values - _mean;
        _scale = Math.Sqrt(Math.Max((centred.square() * ofRows).sum().item<double>(), 1e-30));
        _features = cat([centred / _scale, ones_like(ofRows)], 1).DetachFromDisposeScope();
        _weights = (positiveWeights is null ? ofRows : ofRows * (1 + (positiveWeights - 1) * targets)).DetachFromDisposeScope();
        _targets = targets.clone().DetachFromDisposeScope();
        _others = (1 - targets).DetachFromDisposeScope();
    }

    /// <summary>The parameters of a classifier that knows nothing: where the first fit begins.</summary>
    public double[] Start => new double[_features.shape[1] * _classCount];

    /// <summary>Fits.</summary>
    /// <param name="strength">The strength of the regularisation, above 0.</param>
    /// <param name="start">Parameters to begin from, such as those of a neighbouring strength.</param>
    /// <returns>The parameters: [D,K] row by row, then [K].</returns>
    public double[] Fit(double strength, double[] start) => Lbfgs.Minimize((point, gradient) => Value(point, gradient, strength), start);

    /// <summary>Weight [K,D] and bias [K] of the linear layer on features as they come; float64, the caller's.</summary>
    public (Tensor Weight, Tensor Bias) Layer(double[] parameters)
    {
        using var scope = NewDisposeScope();
        var all = tensor(parameters).view(-1, _classCount);
        var (weight, bias) = (all.narrow(0, 0, all.shape[0] - 1) / _scale, all.narrow(0, all.shape[0] - 1, 1));
        return (weight.t().contiguous().MoveToOuterDisposeScope(), (bias - _mean.matmul(weight)).squeeze(0).MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { _features, _targets, _others, _weights, _mean })
            tensor.Dispose();
    }

    private double Value(double[] point, double[] gradient, double strength)
    {
        using var scope = NewDisposeScope();
        // Nothing here takes a number to libtorch, as a sum of tensors would: it can be finalised on its way, and this runs thousands of
        // times.
        var logits = _features.matmul(tensor(point).view(-1, _classCount));
        var logProbabilities = _isBinary ? nn.functional.logsigmoid(logits) : nn.functional.log_softmax(logits, 1);
        var errors = (logProbabilities.exp() - _targets) * _weights;
        _features.t().matmul(errors).data<double>().CopyTo(gradient);
        // The logarithm of the probability of no is that of yes less the logit.
        var entropies = _isBinary ? _others * logits - logProbabilities : -_targets * logProbabilities;
        var loss = (entropies * _weights).sum().item<double>();
        for (var i = 0; i < point.Length - _classCount; i++)
        {
            loss += strength / 2 * point[i] * point[i];
            gradient[i] += strength * point[i];
        }

        return loss;
    }
}
