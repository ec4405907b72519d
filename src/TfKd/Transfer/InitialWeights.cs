namespace TfKd;

/// <summary>What a network starts from instead of random weights. Deriving a record brings one of your own.</summary>
public abstract record InitialWeights
{
    /// <summary>What tells the weights from others, whatever the file's name.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>The input statistics that the weights were trained with; null where that is not known.</summary>
    public virtual ChannelStatistics? Normalization => null;

    /// <summary>The network that the weights are of; null where that is not known.</summary>
    public virtual NetworkArchitecture? GetArchitecture() => null;

    /// <summary>Puts the weights into a network with random ones.</summary>
    /// <param name="network">The network.</param>
    /// <param name="classNames">Its classes, in the order of its outputs.</param>
    /// <exception cref="InvalidDataException">The weights are damaged, or do not fit the network.</exception>
    public abstract void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames);
}
