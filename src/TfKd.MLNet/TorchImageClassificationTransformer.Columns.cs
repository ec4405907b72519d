namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTransformer
{
    /// <summary>
    /// Name of the column of embeddings, vectors of <see cref="ModelCard.EmbeddingSize"/> numbers; null: there is none. See
    /// <see cref="TorchImageClassificationTrainer.Options.EmbeddingColumnName"/>.
    /// </summary>
    public string? EmbeddingColumnName => Columns.Embedding;

    /// <summary>How many of the most probable classes are listed, or all, where there are fewer; 0: none are.</summary>
    public int TopK => Columns.Top?.Count ?? 0;

    /// <summary>Name of the column of the most probable classes' names; null: there is none.</summary>
    public string? TopLabelsColumnName => Columns.Top?.Labels;

    /// <summary>Name of the column of their scores; null: there is none.</summary>
    public string? TopScoresColumnName => Columns.Top?.Scores;

    /// <summary>
    /// The same transformer with a column of embeddings, or without; it has a session of its own, and this one stays as it is. Where the
    /// model gives none yet, its network is written anew, of the same weights and with the same scores, which needs libtorch.
    /// </summary>
    /// <param name="embeddingColumnName">Name of the column. Default: Features. Null: there is none.</param>
    /// <exception cref="ArgumentException">Two columns that are added have one name.</exception>
    /// <exception cref="NotSupportedException">
    /// The model gives no embeddings, and scores in <see cref="OnnxWeights.Int8"/>, which is not written without images to measure on; or
    /// no single layer makes the network's logits; or it scores with Torch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no weights.</exception>
    /// <exception cref="InvalidDataException">The application does not have the architecture's type.</exception>
    /// <example><code>
    /// using var embedding = transformer.WithEmbedding("Features");
    /// var features = embedding.Transform(photos).GetColumn&lt;float[]>("Features").First();
    /// </code></example>
    public TorchImageClassificationTransformer WithEmbedding(string? embeddingColumnName = "Features")
    {
        var columns = Columns with { Embedding = embeddingColumnName is null ? null : Require.Name(embeddingColumnName) };
        columns.RequireDifferentNames();
        var isGiven = embeddingColumnName is null || Model.Card.EmbeddingSize > 0;
        return new(isGiven ? Model : NetworkExport.WithEmbedding(Model), columns, _openScorer);
    }

    /// <summary>
    /// The same transformer, which looks at each photo in other orientations; its temperature, threshold of rejection and columns are as
    /// before. It has a session of its own, and this one stays as it is. The network is written anew, which needs libtorch.
    /// </summary>
    /// <param name="augmentation">The orientations.</param>
    /// <exception cref="ArgumentException">The model's images are not square, and are to be turned.</exception>
    /// <exception cref="NotSupportedException">
    /// The model scores in <see cref="OnnxWeights.Int8"/>, which is not written without images to measure on.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no weights.</exception>
    /// <exception cref="InvalidDataException">The application does not have the architecture's type.</exception>
    /// <example><code>
    /// using var mirrored = transformer.WithTestTimeAugmentation(TestTimeAugmentation.HorizontalFlip);
    /// </code></example>
    public TorchImageClassificationTransformer WithTestTimeAugmentation(TestTimeAugmentation augmentation) =>
        new(NetworkExport.WithTestTimeAugmentation(Model, augmentation), Columns, _openScorer);

    /// <summary>
    /// The same transformer with another number of most probable classes in columns of their own, as
    /// <see cref="TorchImageClassificationTrainer.Options.TopK"/> has them; it has a session of its own, and this one stays as it is.
    /// </summary>
    /// <param name="topK">How many, 0 or above; all classes, where there are fewer. 0: there are no such columns.</param>
    /// <param name="topLabelsColumnName">Name of the column of their names. Default: TopLabels.</param>
    /// <param name="topScoresColumnName">Name of the column of their scores. Default: TopScores.</param>
    /// <exception cref="ArgumentException">Two columns that are added have one name.</exception>
    /// <example><code>
    /// using var listing = transformer.WithTopK(3);
    /// foreach (var names in listing.Transform(photos).GetColumn&lt;ReadOnlyMemory&lt;char>[]>("TopLabels"))
    ///     Console.WriteLine(string.Join(", ", names));
    /// </code></example>
    public TorchImageClassificationTransformer WithTopK(
        int topK, string topLabelsColumnName = "TopLabels", string topScoresColumnName = "TopScores")
    {
        Require.NotNegative(topK);
        var top = topK == 0 ? null : new TopColumns(topK, Require.Name(topLabelsColumnName), Require.Name(topScoresColumnName));
        var columns = Columns with { Top = top };
        columns.RequireDifferentNames();
        return new(Model, columns, _openScorer);
    }
}
