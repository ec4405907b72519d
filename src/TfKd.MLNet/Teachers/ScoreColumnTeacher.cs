using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace TfKd.MLNet;

/// <summary>
/// What another model of an ML.NET pipeline said of the training rows as the teacher: its Score column, a vector of floats with one number
/// a class. Any trainer of multiclass classifiers can teach a network so. The scores belong to rows, not to pixels: each augmented view of
/// a row gets the same answer.
/// </summary>
/// <remarks>
/// The column is read once, with the training rows; validation rows need none. Its classes are those of its slot names, and are matched
/// with the student's by name.
/// </remarks>
/// <param name="Column">Name of the column.</param>
/// <example><code>
/// var options = new TorchImageClassificationTrainer.Options
/// {
///     Objective = new KnowledgeDistillation { Temperature = 2 },
///     Teacher = new ScoreColumnTeacher("ForestScore"),
/// };
/// </code></example>
public sealed record ScoreColumnTeacher(string Column) : TeacherSource
{
    /// <summary>Name of the column.</summary>
    public string Column { get; init => field = Require.Name(value); } = Require.Name(Column);

    /// <summary>The classes, in the order of the scores. Default null. This property is ignored when the column has slot names.</summary>
    public IReadOnlyList<string>? ClassNames { get; init => field = value is null ? null : new ValueList<string>(value); }

    /// <summary>
    /// What the scores are. Default: probabilities, which need not sum to 1: their softmax in the objective makes them do so.
    /// </summary>
    public TeacherOutput Output { get; init => field = Require.Defined(value); } = TeacherOutput.Probabilities;

    /// <summary>
    /// Which classes the column may know beside the student's. Default: none. With more, the student's classes are taken out of its scores
    /// and renormalised.
    /// </summary>
    public TeacherClasses Classes { get; init => field = Require.Defined(value); }

    /// <inheritdoc/>
    public override bool GivesFeatures => false;

    /// <inheritdoc/>
    public override bool KnowsTrainingRowsOnly => true;

    /// <summary>Where its scores are logits.</summary>
    public override bool TakesSeveralLabels => Output == TeacherOutput.Logits;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        if (context.Training is not { Extras: { ScoreClassNames.Count: > 0 } extras } training)
        {
            throw new InvalidOperationException(
                $"{this} needs training rows that have scores; they have when {nameof(TorchImageClassificationTrainer)} reads them.");
        }

        return new ScoresOfRows(this, extras, training.Count, context);
    }

    private sealed class ScoresOfRows : Teacher
    {
        private readonly ScoreColumnTeacher _source;
        private readonly SampleExtras _extras;
        private readonly ClassColumns _columns;
        private readonly Device _device;
        private readonly Lazy<string> _fingerprint;

        public ScoresOfRows(ScoreColumnTeacher source, SampleExtras extras, int rowCount, TeacherContext context)
        {
            (_source, _extras, _device) = (source, extras, context.Device);
            var rows = Enumerable.Range(0, rowCount).Select(row => extras.GetScores(row).ToArray());
            TeacherAnswers.RefuseProbabilitiesAsLogits(rows, source.Output, $"Teacher score column '{source.Column}' has");
            _columns = new ClassColumns(context, extras.ScoreClassNames, source.Classes);
            _fingerprint = new Lazy<string>(() => $"{HashOf(extras, rowCount)} {source.Output} {_columns}");
        }

        public override string Fingerprint => _fingerprint.Value;

        public override bool KnowsTrainingRowsOnly => true;

        protected override TeacherSignal TeachCore(ImageBatch batch)
        {
            var classes = _extras.ScoreClassNames.Count;
            var scores = new float[batch.RowIds.Count * classes];
            for (var i = 0; i < batch.RowIds.Count; i++)
                _extras.GetScores(batch.RowIds[i]).CopyTo(scores.AsSpan(i * classes, classes));
            var answers = tensor(scores, [batch.RowIds.Count, classes], device: CPU);
            var logits = TeacherAnswers.ToLogits(answers, _source.Output, $"Teacher score column '{_source.Column}'");
            return new TeacherSignal(_columns.Arrange(DeviceCopy.To(logits, _device)));
        }

        protected override void DisposeCore() => _columns.Dispose();

        private static string HashOf(SampleExtras extras, int rowCount)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var row = 0; row < rowCount; row++)
                hash.AppendData(MemoryMarshal.AsBytes(extras.GetScores(row)));
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }
}
