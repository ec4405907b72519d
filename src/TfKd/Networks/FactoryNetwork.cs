using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Any TorchSharp module as a network, by a function that makes it. A model file cannot hold a function: a loaded model predicts, and its
/// weights can be read, but to build the network from the file alone, derive a record from <see cref="NetworkArchitecture"/> instead.
/// </summary>
/// <example><code>
/// var network = new FactoryNetwork(
///     "mine",
///     classCount => torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 64 * 64, classCount)),
///     new ImageShape(3, 64, 64));
/// </code></example>
public sealed record FactoryNetwork : NetworkArchitecture
{
    [NotIdentity]
    private readonly Func<int, nn.Module<Tensor, Tensor>>? _factory;

    [NotIdentity]
    private readonly ValueList<OnnxEmitter> _emitters = new([]);

    /// <summary>Makes an architecture of a function.</summary>
    /// <param name="name">What it is called: it is all that tells it from another in a checkpoint.</param>
    /// <param name="factory">
    /// Makes a new module for a number of classes K, which maps normalised images [N,C,H,W] to logits [N,K]; it draws its weights from
    /// Torch's global generator.
    /// </param>
    /// <param name="inputShape">The shape of the images.</param>
    /// <param name="emitters">Emitters for leaf modules of the network that the ONNX export does not know. Default: none.</param>
    public FactoryNetwork(
        string name, Func<int, nn.Module<Tensor, Tensor>> factory, ImageShape inputShape, params IReadOnlyList<OnnxEmitter> emitters)
        : base(inputShape)
    {
        Name = name;
        _factory = Require.NotNull(factory);
        _emitters = new(Require.NotNull(emitters));
    }

    [JsonConstructor]
    internal FactoryNetwork(string name, IReadOnlyList<string> stages, ImageShape inputShape) : base(inputShape) =>
        (Name, Stages) = (name, stages);

    /// <summary>What it is called.</summary>
    public string Name { get; init => field = Require.Name(value); }

    /// <summary>What <see cref="GetStages"/> returns. Default: none.</summary>
    public IReadOnlyList<string> Stages { get; init => field = new ValueList<string>(Require.NotNull(value)); } = new ValueList<string>([]);

    /// <inheritdoc/>
    public override IReadOnlyList<string> GetStages() => Stages;

    /// <inheritdoc/>
    public override IReadOnlyList<OnnxEmitter> GetOnnxEmitters() => _emitters;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The architecture came out of a file, or the function returned null.</exception>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        if (_factory is null)
            throw new InvalidOperationException($"The network '{Name}' is made by a function, which its file does not hold; set Network "
                + $"to a {nameof(FactoryNetwork)} with the function, or derive a record from {nameof(NetworkArchitecture)}.");
        return _factory(classCount)
            ?? throw new InvalidOperationException(
                $"The function of the network '{Name}' returned null for {classCount} classes; expected a module.");
    }
}
