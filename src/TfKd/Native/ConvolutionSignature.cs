namespace TfKd;

/// <summary>
/// All that decides which kernel libtorch takes for a two-dimensional convolution. The text identifies it in logs and in the memory of
/// verdicts.
/// </summary>
internal sealed record ConvolutionSignature
{
    public required long InChannels { get; init; }

    public required long OutChannels { get; init; }

    public required (long Height, long Width) Input { get; init; }

    public required long Batch { get; init; }

    public (long Height, long Width) Kernel { get; init; } = (3, 3);

    public (long Height, long Width) Stride { get; init; } = (1, 1);

    public (long Height, long Width) Padding { get; init; }

    public (long Height, long Width) Dilation { get; init; } = (1, 1);

    public long Groups { get; init; } = 1;

    public bool HasBias { get; init; }

    /// <summary>Whether training asks for the gradient of the input: not so for the first layer.</summary>
    public bool NeedsInputGradient { get; init; } = true;

    public override string ToString() =>
        $"{InChannels}->{OutChannels} {Text(Kernel)} stride {Text(Stride)} padding {Text(Padding)} dilation {Text(Dilation)} groups "
            + $"{Groups}"
        + $"{(HasBias ? " bias" : "")}{(NeedsInputGradient ? "" : " first")} at {Text(Input)} batch {Batch}";

    private static string Text((long Height, long Width) size) => $"{size.Height}x{size.Width}";
}
