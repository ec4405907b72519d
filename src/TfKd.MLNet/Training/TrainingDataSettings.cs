using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>Which rows are learnt from, and which are held back to validate on.</summary>
internal sealed record TrainingDataSettings
{
    public required RowSettings Rows { get; init; }

    /// <summary>The score column that the teacher learns from; null: there is none.</summary>
    public ScoreColumnTeacher? Scores { get; init; }

    /// <summary>Rows without labels to learn from beside the others; null: there are none.</summary>
    public IDataView? UnlabelledSet { get; init; }

    /// <summary>Rows to validate on; null: <see cref="ValidationSetFraction"/> decides.</summary>
    public IDataView? ValidationSet { get; init; }

    /// <summary>Fraction of the rows held out to validate on; null or 0: none.</summary>
    public float? ValidationSetFraction { get; init; }
}
