namespace TfKd;

/// <summary>
/// Weights out of a file for all of the network but its head, whose classes are others: transfer learning. See
/// <see cref="NetworkWeights.LoadBackbone(ImageNetwork, string)"/> for what is read; for weights with the head, use
/// <see cref="NetworkWeights.Load(ImageNetwork, string)"/> on the student.
/// </summary>
/// <param name="Path">The file: .safetensors, PyTorch's .pth, or .onnx.</param>
/// <example><code>
/// var weights = new BackboneWeights("checkpoint.pth") { Dictionary = "model_ema" };
/// </code></example>
public sealed record BackboneWeights(string Path) : InitialWeights
{
    /// <summary>The file.</summary>
    public string Path { get; init => field = Require.Name(value); } = Require.Name(Path);

    /// <summary>
    /// Which of the file's dictionaries of tensors to take, such as <c>model_ema</c>, as <see cref="WeightFile.Read(string, string?)"/>
    /// takes it. Default null: the only one.
    /// </summary>
    public string? Dictionary { get; init; }

    /// <inheritdoc/>
    public override string Fingerprint => Dictionary is null ? FileHash.Of(Path) : $"{FileHash.Of(Path)}/{Dictionary}";

    /// <summary>Read from the file, where it says: the .safetensors files of this library do.</summary>
    public override ChannelStatistics? Normalization => NetworkWeights.ReadNormalization(Path);

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames) =>
        NetworkWeights.LoadBackbone(network, Path, Dictionary);
}
