using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>The decoded rows of a Fit: those that are learnt from, and those that are validated on.</summary>
internal sealed class TrainingData : IDisposable
{
    private readonly DecodedCache _rows;
    private readonly DecodedCache? _validationRows;

    private TrainingData(DecodedCache rows, DecodedCache? validationRows) => (_rows, _validationRows) = (rows, validationRows);

    public required IImageSource Training { get; init; }

    /// <summary>Null: there are none.</summary>
    public required IImageSource? Validation { get; init; }

    /// <param name="input">The rows that Fit was called with.</param>
    /// <param name="settings">Which are read, and how.</param>
    /// <param name="classNames">The classes of the label column.</param>
    /// <param name="seed">Decides on the rows that are held out.</param>
    /// <param name="channel">Takes what was read, and what was left out.</param>
    /// <param name="token">Stops between blocks.</param>
    /// <exception cref="InvalidOperationException">There are no rows to train on, or all are of one class.</exception>
    /// <inheritdoc cref="TrainingRows.Read" path="/exception"/>
    public static TrainingData Read(
        IDataView input, TrainingDataSettings settings, IReadOnlyList<string> classNames, long seed, IChannel channel,
        CancellationToken token)
    {
        var (rows, validationRows) = ((DecodedCache?)null, (DecodedCache?)null);
        var share = DecodingShare.Of(settings.Rows.Replicas);
        try
        {
            DecodingShare.Settle(share, () => (rows, validationRows) = Decode(input, settings, classNames, new(channel, token, share)));
            DecodedCache[] sets = validationRows is null ? [rows!] : [rows!, validationRows];
            var readable = DecodingShare.Readable(share, sets, channel);
            RequireRows(readable[0], settings.Rows.Columns.Label);
            ReportMemory(channel, settings.Rows.Memory, sets);
            var (training, validation) = readable is [var rowsToLearn, var rowsToValidate]
                ? (rowsToLearn, rowsToValidate)
                : Split(readable[0], settings.ValidationSetFraction, seed, channel);
            channel.Info(
                MessageSensitivity.None,
                "Training on {0} images of {1} classes, validating on {2}.",
                training.Count,
                classNames.Count,
                validation?.Count ?? 0);
            return new TrainingData(rows!, validationRows) { Training = training, Validation = validation };
        }
        catch
        {
            validationRows?.Dispose();
            rows?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _validationRows?.Dispose();
        _rows.Dispose();
    }

    private static (DecodedCache Rows, DecodedCache? ValidationRows) Decode(
        IDataView input, TrainingDataSettings settings, IReadOnlyList<string> classNames, RowReading reading)
    {
        CheckOtherSets(settings, classNames);
        var scores = settings.Scores is null ? null : TeacherScoreColumn.Find(input.Schema, settings.Scores);
        var rows = TrainingRows.Read(input, settings.Rows, classNames, reading, scores);
        try
        {
            RequireRows(rows, settings.Rows.Columns.Label);
            AppendUnlabelled(rows, settings, reading);
            return (rows, ReadValidation(settings, classNames, rows.BytesInMemory, reading));
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    // What they are refused for without a look at their images, before those of the training rows are decoded.
    private static void CheckOtherSets(TrainingDataSettings settings, IReadOnlyList<string> classNames)
    {
        var (columns, shape) = (settings.Rows.Columns, settings.Rows.Shape);
        if (settings.UnlabelledSet is { } unlabelled)
        {
            ImageColumn.Find(unlabelled.Schema, columns.Image, shape);
            if (settings.Scores is { } scores)
                TeacherScoreColumn.Find(unlabelled.Schema, scores);
        }

        if (settings.ValidationSet is not { } validation)
            return;
        ImageColumn.Find(validation.Schema, columns.Image, shape);
        LabelSource.Find(validation.Schema, columns.Label, settings.Rows.Labels, "validation set").Check(validation, classNames);
    }

    private static void AppendUnlabelled(DecodedCache rows, TrainingDataSettings settings, RowReading reading)
    {
        if (settings.UnlabelledSet is not { } unlabelled)
            return;
        var scores = settings.Scores is null ? null : TeacherScoreColumn.Find(unlabelled.Schema, settings.Scores);
        TrainingRows.AppendUnlabelled(rows, unlabelled, settings.Rows, scores, reading);
    }

    private static DecodedCache? ReadValidation(
        TrainingDataSettings settings, IReadOnlyList<string> classNames, long bytesInMemory, RowReading reading)
    {
        if (settings.ValidationSet is not { } validationSet)
            return null;
        var (columns, memory) = (settings.Rows.Columns, settings.Rows.Memory);
        var rows = settings.Rows with
        {
            Columns = columns with { ExampleWeight = null },
            KeepsUnlabelled = false,
            Memory = memory with { Budget = memory.Budget - bytesInMemory },
        };
        return TrainingRows.Read(validationSet, rows, classNames, reading);
    }

    private static (IImageSource Training, IImageSource? Validation) Split(IImageSource rows, float? fraction, long seed, IChannel channel)
    {
        if (fraction is not > 0)
            return (rows, null);
        var (kept, heldOut) = StratifiedSplit.Cut(rows, fraction.Value, seed);
        if (heldOut.Count > 0)
            return (kept, heldOut);
        channel.Warning(
            MessageSensitivity.None,
            "{0} rows are too few to hold out a fraction of {1} for validation; the last weights are kept.",
            rows.Count,
            fraction);
        return (rows, null);
    }

    private static void ReportMemory(IChannel channel, ImageMemory memory, IReadOnlyList<DecodedCache> sets)
    {
        var (kept, all) = (sets.Sum(rows => rows.KeptCount), sets.Sum(rows => rows.Count));
        if (kept < all)
        {
            channel.Info(
                MessageSensitivity.None,
                "{0} of {1} images are kept decoded in this process, and the others in the processes that train with it.",
                kept,
                all);
        }

        if (sets.Sum(rows => rows.BytesInFile) is > 0 and var bytesInFile)
        {
            channel.Info(
                MessageSensitivity.None,
                "{0} bytes of decoded images are beyond the memory budget of {1}, and are read from a file.",
                bytesInFile,
                memory.Budget);
        }
    }

    private static void RequireRows(IImageSource rows, string labelColumn)
    {
        var present = Enumerable.Range(0, rows.Count).Select(rows.GetLabel).Where(label => label != Targets.Unlabelled).Distinct().ToList();
        if (present.Count == 0)
        {
            throw new InvalidOperationException(
                "There are no rows to train on: the data are empty, or no row has a label and an image that can be decoded.");
        }

        if (present is [not Targets.Several])
        {
            throw new InvalidOperationException(
                $"All {rows.Count} rows have the label '{rows.ClassNames[present[0]]}' in column '{labelColumn}'; " +
                "a classifier needs rows of at least 2 classes.");
        }
    }
}
