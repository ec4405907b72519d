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
    /// <param name="channel">Takes what was left out, as warnings.</param>
    /// <param name="token">Stops between blocks.</param>
    /// <param name="teacherScores">Another model's scores, read with the rows; null: there are none, or they are not needed.</param>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A weight is negative, NaN or infinite.</exception>
    /// <exception cref="ImageDecodingException">An image cannot be decoded, and they are not to be skipped.</exception>
    /// <exception cref="IOException">
    /// The images are more than the memory budget, and the file for the others cannot be made or written.
    /// </exception>
    /// <exception cref="InvalidDataException">A row's scores are not what the teacher says they are.</exception>
    public static DecodedCache Read(
        IDataView data, RowSettings settings, IReadOnlyList<string> classNames, IChannel channel, CancellationToken token,
        TeacherScoreColumn? teacherScores = null)
    {
        var label = LabelColumn.Find(data.Schema, settings.Columns.Label);
        var image = ImageColumn.Find(data.Schema, settings.Columns.Image, settings.Shape);
        DataViewSchema.Column? weight = settings.Columns.ExampleWeight is { } name ? WeightColumn.Find(data.Schema, name) : null;
        var others = new[] { weight, teacherScores?.Column }.OfType<DataViewSchema.Column>();
        using var cursor = data.GetRowCursor([label, .. ImageColumn.WithPath(image.Column, data.Schema), .. others]);
        using var reader = image.Open(cursor);
        var getLabel = RowCursorUtils.GetLabelGetter(cursor, label.Index);
        var getWeight = weight is null ? () => 1 : WeightColumn.GetGetter(cursor, weight.Value);
        var decoded = new DecodedCache(settings.Shape, classNames)
        {
            TeacherClassNames = teacherScores?.ClassNames ?? [],
            MemoryBudget = settings.Memory.Budget,
            Directory = settings.Memory.Directory,
        };
        try
        {
            if (data.GetRowCount() is { } rowCount)
                decoded.Expect(rowCount);
            var rows = new BlockDecoder(decoded, reader, teacherScores?.Open(cursor), settings.UndecodableImages);
            var unlabelled = Fill(rows, cursor, getLabel, getWeight, token);
            Warn(channel, unlabelled, rows);
            return decoded;
        }
        catch
        {
            decoded.Dispose();
            throw;
        }
    }

    // Returns how many rows have no label.
    private static int Fill(
        BlockDecoder rows, DataViewRowCursor cursor, ValueGetter<float> getLabel, Func<float> getWeight, CancellationToken token)
    {
        var unlabelled = 0;
        while (cursor.MoveNext())
        {
            var value = float.NaN;
            getLabel(ref value);
            if (float.IsNaN(value))
            {
                unlabelled++;
                continue;
            }

            rows.Add(cursor.Position, (int)value, getWeight());
            token.ThrowIfCancellationRequested();
        }

        rows.Flush();
        return unlabelled;
    }

    private static void Warn(IChannel channel, int unlabelled, BlockDecoder rows)
    {
        if (unlabelled > 0)
            channel.Warning(MessageSensitivity.None, "{0} rows have no label and were left out.", unlabelled);
        if (rows.Skipped == 0)
            return;
        channel.Warning(
            MessageSensitivity.UserData,
            "{0} images cannot be decoded and were left out. {1}",
            rows.Skipped,
            string.Join(" ", rows.Reasons));
    }
}
