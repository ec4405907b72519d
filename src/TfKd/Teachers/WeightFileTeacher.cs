namespace TfKd;

/// <summary>
/// A network with published or saved weights as the teacher. The file's head must have the student's classes in the student's order, which
/// a file of weights does not say; see <see cref="NetworkWeights.Load(ImageNetwork, string)"/> for what is read.
/// </summary>
/// <param name="Architecture">The network that the weights are of.</param>
/// <param name="Path">The file: .safetensors, PyTorch's .pth, or .onnx.</param>
/// <example><code>
/// var teacher = new WeightFileTeacher(new ResNet { Depth = 50 }, "resnet50.pth")
/// {
///     Normalization = ChannelStatistics.ImageNet,
/// };
/// </code></example>
public sealed record WeightFileTeacher(NetworkArchitecture Architecture, string Path) : TeacherSource
{
    /// <summary>The network that the weights are of.</summary>
    public NetworkArchitecture Architecture { get; init => field = Require.NotNull(value); } = Require.NotNull(Architecture);

    /// <summary>The file.</summary>
    public string Path { get; init => field = Require.Name(value); } = Require.Name(Path);

    /// <summary>
    /// Which of the file's dictionaries of tensors to take, such as <c>model_ema</c>, as <see cref="WeightFile.Read(string, string?)"/>
    /// takes it. Default null: the only one.
    /// </summary>
    public string? Dictionary { get; init; }

    /// <summary>
    /// What the network's input was normalised with. Default null: what the file says (the .safetensors files of this library do); a file
    /// that does not say is then refused.
    /// </summary>
    public ChannelStatistics? Normalization { get; init; }

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, does not fit the network or the number of classes, or does not say how its input is normalised.
    /// </exception>
    protected override Teacher OpenCore(TeacherContext context)
    {
        FileTeacher.RequireFile(Path);
        TorchRuntime.EnsureLoaded();
        var normalization = Normalization ?? NetworkWeights.ReadNormalization(Path)
            ?? throw new InvalidDataException(
                $"The teacher's file '{Path}' does not say what its network's input was normalised with; set {nameof(Normalization)}.");
        var network = Architecture.Build(context.ClassNames.Count);
        try
        {
            NetworkWeights.Load(network, Path, Dictionary);
            network.Normalization.Set(normalization);
        }
        catch
        {
            network.Dispose();
            throw;
        }

        return NetworkTeacher.Own(network, context.ClassNames, context);
    }
}
