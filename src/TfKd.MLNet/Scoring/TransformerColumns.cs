namespace TfKd.MLNet;

/// <summary>The names of the columns that a transformer reads and writes.</summary>
internal sealed record TransformerColumns(string Image, string Score, string PredictedLabel)
{
    /// <summary>The embedding. Default null: there is none.</summary>
    public string? Embedding { get; init; }

    /// <summary>The most probable classes. Default null: none.</summary>
    public TopColumns? Top { get; init; }

    /// <summary>Whether there are others than the two that every transformer adds.</summary>
    public bool HasMore => Embedding is not null || Top is not null;

    /// <exception cref="ArgumentException">Two columns that are added have one name.</exception>
    public void RequireDifferentNames()
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (property, name) in Names())
        {
            if (!seen.TryAdd(name, property))
                throw new ArgumentException($"{seen[name]} and {property} are both '{name}'; expected two names for two columns.");
        }
    }

    /// <summary>What is added, in the order of the columns.</summary>
    /// <param name="severalLabels">Whether a photo may have several labels.</param>
    public IReadOnlyList<OutputColumn> ToOutputs(bool severalLabels) =>
    [
        .. severalLabels
            ? new OutputColumn[] { new PredictedLabelsColumn(PredictedLabel), new LabelScoreColumn(Score) }
            : [new PredictedLabelColumn(PredictedLabel), new ScoreColumn(Score)],
        .. Embedding is null ? [] : new OutputColumn[] { new EmbeddingColumn(Embedding) },
        .. Top is null ? [] : new OutputColumn[] { new TopLabelsColumn(Top), new TopScoresColumn(Top) },
    ];

    private IEnumerable<(string Property, string Name)> Names()
    {
        yield return (nameof(TorchImageClassificationTrainer.Options.ScoreColumnName), Score);
        yield return (nameof(TorchImageClassificationTrainer.Options.PredictedLabelColumnName), PredictedLabel);
        if (Embedding is not null)
            yield return (nameof(TorchImageClassificationTrainer.Options.EmbeddingColumnName), Embedding);
        if (Top is null)
            yield break;
        yield return (nameof(TorchImageClassificationTrainer.Options.TopLabelsColumnName), Top.Labels);
        yield return (nameof(TorchImageClassificationTrainer.Options.TopScoresColumnName), Top.Scores);
    }
}
