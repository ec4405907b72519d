namespace TfKd;

/// <summary>Trains each trial to its end.</summary>
/// <remarks>Bergstra and Bengio, 'Random search for hyper-parameter optimization', JMLR 13, 2012.</remarks>
/// <example><code>
/// var settings = new SearchSettings { Method = new RandomSearch(), MaxTrials = 10 };
/// </code></example>
public sealed record RandomSearch : SearchMethod
{
    internal override int RungCount => 1;

    internal override int Factor => 1;
}
