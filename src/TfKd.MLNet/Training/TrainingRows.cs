using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>Reads labelled images out of an IDataView, once, into the decoded cache that epochs run from.</summary>
internal static class TrainingRows
{
    /// <param name="data">The rows.</param>
    /// <param name="settings">Names the columns, and says what the images become.</param>
    /// <param name="classNames">The classes of the label column.</param>
    /// <param name="reading">What goes with it.</param>
    /// <param name="teacherScores">Another model's scores, read with the rows; null: there are none, or they are not needed.</param>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A weight is negative, NaN or infinite.</exception>
    /// <exception cref="ImageDecodingException">An image cannot be decoded, and they are not to be skipped.</exception>
    /// <exception cref="IOException">
    /// The images are more than the memory budget, and the file for the others cannot be made or written.
    /// </exception>
    /// <exception cref="InvalidDataException">A row's scores are not what the teacher says they are.</exception>
    public static DecodedCache Read(
        IDataView data, RowSettings settings, IReadOnlyList<string> classNames, RowReading reading,
        TeacherScoreColumn? teacherScores = null)
    {
        var label = LabelSource.Find(data.Schema, settings.Columns.Label, settings.Labels);
        var decoded = new DecodedCache(settings.Shape, classNames)
        {
            TeacherClassNames = teacherScores?.ClassNames ?? [],
            MemoryBudget = settings.Memory.Budget,
            Directory = settings.Memory.Directory,
        };
        try
        {
            Append(decoded, new(data, label, teacherScores), settings, reading);
            return decoded;
        }
        catch
        {
            decoded.Dispose();
            throw;
        }
    }

    /// <summary>Reads rows that have no label, and need no column for it, to those that are there.</summary>
    /// <inheritdoc cref="Read"/>
    public static void AppendUnlabelled(
        DecodedCache rows, IDataView data, RowSettings settings, TeacherScoreColumn? scores, RowReading reading)
    {
        var columns = settings.Columns with { ExampleWeight = null };
        Append(rows, new(data, Label: null, scores), settings with { Columns = columns, KeepsUnlabelled = true }, reading);
    }

    private static void Append(DecodedCache decoded, Input input, RowSettings settings, RowReading reading)
    {
        var (data, label, scores) = input;
        var image = ImageColumn.Find(data.Schema, settings.Columns.Image, settings.Shape);
        DataViewSchema.Column? weight = settings.Columns.ExampleWeight is { } name ? WeightColumn.Find(data.Schema, name) : null;
        var others = new[] { label?.Column, weight, scores?.Column }.OfType<DataViewSchema.Column>();
        using var cursor = data.GetRowCursor([.. ImageColumn.WithPath(image.Column, data.Schema), .. others]);
        using var reader = image.Open(cursor);
        var getLabel = label?.Open(cursor, decoded.ClassNames) ?? (() => RowLabel.None);
        var getWeight = weight is null ? () => 1 : WeightColumn.GetGetter(cursor, weight.Value);
        // Images of other kinds cannot be read again, and metrics of several labels read all rows after each epoch.
        var share = reader.ReadsFiles && settings.Labels is null ? reading.Share : null;
        decoded.FilesAreImages = reader.ReadsFiles;
        if (data.GetRowCount() is { } rowCount)
            decoded.Expect(decoded.KeptCount + (long)(rowCount * (share?.Fraction ?? 1)));
        var rows = new BlockDecoder(decoded, reader, scores?.Open(cursor), settings.UndecodableImages, share);
        var unlabelled = Fill(new(rows, cursor, settings.KeepsUnlabelled), getLabel, getWeight, reading.Token);
        Report(reading.Channel, unlabelled, settings.KeepsUnlabelled, rows);
    }

    // Returns how many rows have no label.
    private static int Fill(Output output, Func<RowLabel> getLabel, Func<float> getWeight, CancellationToken token)
    {
        var (rows, cursor, keepsUnlabelled) = output;
        var unlabelled = 0;
        while (cursor.MoveNext())
        {
            var label = getLabel();
            unlabelled += label.IsKnown ? 0 : 1;
            if (label.IsKnown || keepsUnlabelled)
                rows.Add(cursor.Position, label, getWeight());
            token.ThrowIfCancellationRequested();
        }

        rows.Flush();
        return unlabelled;
    }

    private static void Report(IChannel channel, int unlabelled, bool areKept, BlockDecoder rows)
    {
        if (unlabelled > 0 && areKept)
            channel.Info(MessageSensitivity.None, "{0} rows have no label: of them the student learns what the teacher says.", unlabelled);
        else if (unlabelled > 0)
            channel.Warning(MessageSensitivity.None, "{0} rows have no label and were left out.", unlabelled);
        if (rows.Skipped == 0)
            return;
        channel.Warning(
            MessageSensitivity.UserData,
            "{0} images cannot be decoded and were left out. {1}",
            rows.Skipped,
            string.Join(" ", rows.Reasons));
    }

    /// <summary>What is read.</summary>
    /// <param name="Data">The rows.</param>
    /// <param name="Label">The label column; null: no row has a label.</param>
    /// <param name="Scores">Another model's scores; null: there are none.</param>
    private readonly record struct Input(IDataView Data, LabelSource? Label, TeacherScoreColumn? Scores);

    private readonly record struct Output(BlockDecoder Rows, DataViewRowCursor Cursor, bool KeepsUnlabelled);
}
