namespace TfKd;

/// <summary>
/// The weights of a ResNet that one of Microsoft's packages of image featurisers puts beside an application: all of the network but its
/// head. The network takes red, green, blue, as all of this library do, although the file takes blue, green, red; of the package's mean
/// image the means of its channels are subtracted, for an image of any size.
/// </summary>
/// <remarks>
/// Trained on ImageNet's 1,000 classes with the Microsoft Cognitive Toolkit. See <see cref="Pretrained"/> for those that there are.
/// </remarks>
public sealed record FeaturizerWeights : InitialWeights
{
    private const string Version = "0.23.1";

    /// <summary>The depth that the package names: 18 (the default), 50 or 101.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no package of that depth.</exception>
    public int Depth { get; init => field = Require.OneOf(value, [18, 50, 101]); } = 18;

    /// <summary>The folder of the application, where the package's files are. Default null: that of the running program.</summary>
    public string? Folder { get; init => field = value is null ? null : Require.Name(value); }

    /// <summary>The package that brings the weights.</summary>
    public string PackageName => $"Microsoft.ML.DnnImageFeaturizer.ResNet{Depth}";

    /// <summary>The file that the package brings.</summary>
    public string Path => System.IO.Path.Combine(
        Folder ?? AppContext.BaseDirectory, "DnnImageModels", $"ResNet{Depth}Onnx", $"ResNet{Depth}.onnx");

    /// <summary>Whether the package's file is there.</summary>
    public bool IsAvailable => File.Exists(Path);

    /// <summary>The network that the weights are of; that of the package ResNet18 has a third block in its last stage.</summary>
    public override NetworkArchitecture GetArchitecture() => new ResNet { Depth = Depth == 18 ? 20 : Depth };

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">The package is not referenced.</exception>
    public override string Fingerprint => FileHash.Of(RequireFile());

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">The package is not referenced.</exception>
    public override ChannelStatistics? Normalization => NetworkWeights.ReadNormalization(RequireFile());

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">The package is not referenced.</exception>
    /// <exception cref="InvalidOperationException">The network is another than that of the weights.</exception>
    public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(network);
        var (found, expected) = (network.Architecture, GetArchitecture());
        // Neither has weights of its own.
        var plain = found is ResNet resNet
            ? resNet with { InputShape = expected.InputShape, NormalizedFeatures = false, PooledStages = 1 }
            : null;
        if (plain != expected)
        {
            throw new InvalidOperationException(
                $"{this} are the weights of {expected}, of any input shape, but the network is {found}; leave Network at its default, or " +
                "give the weights to the recipe that sets it.");
        }

        NetworkWeights.LoadBackbone(network, RequireFile());
    }

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(FeaturizerWeights)} {{ Depth = {Depth} }}";

    private string RequireFile() => IsAvailable
        ? Path
        : throw new FileNotFoundException(
            $"The weights of ResNet-{Depth} are not at '{Path}'. The package {PackageName} puts them there; add to the project file: " +
            $"<PackageReference Include=\"{PackageName}\" Version=\"{Version}\" />",
            Path);
}
