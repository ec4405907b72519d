using Parquet;
using Parquet.Schema;

namespace OnnxServing;

/// <summary>Rows as Parquet: texts and floats, none of them null. So many rows are held as fit in a row group.</summary>
internal sealed class ParquetTable : ScoreTable
{
    // Numbers in a row group, which is in memory until it is whole: 16 MB of scores.
    private const int MostNumbers = 1 << 22, MostRows = 1 << 16, FirstScore = 3;

    private readonly ParquetWriter _writer;
    private readonly DataField[] _fields;
    private readonly List<ScoredPhoto> _rows = [];
    private readonly int _groupRows;

    private ParquetTable(ParquetWriter writer, DataField[] fields) =>
        (_writer, _fields, _groupRows) = (writer, fields, Math.Clamp(MostNumbers / fields.Length, 1, MostRows));

    /// <param name="stream">Where it is written; stays open.</param>
    /// <param name="scores">The columns of scores.</param>
    public static async Task<ParquetTable> Create(Stream stream, IReadOnlyList<string> scores)
    {
        DataField[] fields =
        [
            new(PathColumn, typeof(string), isNullable: false),
            new(LabelColumn, typeof(string), isNullable: false),
            new(ConfidenceColumn, typeof(float), isNullable: false),
            .. scores.Select(name => new DataField(name, typeof(float), isNullable: false)),
        ];
        return new ParquetTable(await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream), fields);
    }

    /// <inheritdoc/>
    public override async ValueTask Add(ScoredPhoto photo)
    {
        // Scores that no column has would hold the whole batch's.
        _rows.Add(_fields.Length > FirstScore ? photo : photo with { Scores = default });
        if (_rows.Count == _groupRows)
            await WriteGroup();
    }

    /// <inheritdoc/>
    public override async ValueTask Finish()
    {
        if (_rows.Count > 0)
            await WriteGroup();
        // The end of the file, which says where everything is.
        await _writer.DisposeAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await _writer.DisposeAsync();

    private async Task WriteGroup()
    {
        using var group = _writer.CreateRowGroup();
        await group.WriteAsync(_fields[0], [.. _rows.Select(row => row.Path)]);
        await group.WriteAsync(_fields[1], [.. _rows.Select(row => row.Label)]);
        await group.WriteAsync<float>(_fields[2], _rows.Select(row => row.Confidence).ToArray());
        for (var column = FirstScore; column < _fields.Length; column++)
            await group.WriteAsync<float>(_fields[column], _rows.Select(row => row.Scores.Span[column - FirstScore]).ToArray());
        group.CompleteValidate();
        _rows.Clear();
    }
}
