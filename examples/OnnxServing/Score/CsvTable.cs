using System.Globalization;

namespace OnnxServing;

/// <summary>Rows as CSV, in UTF-8. Numbers are written so that reading them gives the same ones.</summary>
internal sealed class CsvTable : ScoreTable
{
    private readonly StreamWriter _writer;
    private readonly bool _withScores;

    /// <param name="stream">Where it is written; stays open.</param>
    /// <param name="scores">The columns of scores.</param>
    public CsvTable(Stream stream, IReadOnlyList<string> scores)
    {
        _writer = new StreamWriter(stream, bufferSize: 1 << 16, leaveOpen: true);
        _withScores = scores.Count > 0;
        _writer.Write(Csv.Line([PathColumn, LabelColumn, ConfidenceColumn, .. scores]));
    }

    /// <inheritdoc/>
    public override ValueTask Add(ScoredPhoto photo)
    {
        IEnumerable<float> numbers = _withScores ? [photo.Confidence, .. photo.Scores.Span] : [photo.Confidence];
        _writer.Write(Csv.Line([photo.Path, photo.Label, .. numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture))]));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask Finish() => await _writer.FlushAsync();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _writer.DisposeAsync();
}
