namespace TfKd.MLNet;

/// <summary>What a <see cref="TorchImageClassificationSearch"/> ended with.</summary>
public sealed class TorchImageClassificationSearchResult : IDisposable
{
    internal TorchImageClassificationSearchResult(
        SearchResult search, TorchImageClassificationTrainer.Options options, TorchImageClassificationTransformer model) =>
        (Search, Options, Model) = (search, options, model);

    /// <summary>The table of all trials.</summary>
    public SearchResult Search { get; }

    /// <summary>The options of the best trial, to be trained again, on more rows for example.</summary>
    public TorchImageClassificationTrainer.Options Options { get; }

    /// <summary>The model of the best trial; disposed with this.</summary>
    public TorchImageClassificationTransformer Model { get; }

    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();
}
