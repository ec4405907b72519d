using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>Reads images out of an IDataView to measure ranges on; labels are not read.</summary>
internal static class CalibrationRows
{
    /// <summary>Reads rows at equal distances, as many as are looked at, since neighbours are often of one class.</summary>
    /// <param name="images">Takes them, at its size.</param>
    /// <param name="data">The rows.</param>
    /// <param name="imageColumn">Name of the column with the images.</param>
    /// <param name="undecodable">What is done with images that cannot be decoded.</param>
    /// <param name="token">Stops between rows.</param>
    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or none with an image that can be decoded.</exception>
    /// <exception cref="ImageDecodingException">An image cannot be decoded, and they are not to be skipped.</exception>
    /// <returns>How many were left out.</returns>
    public static int Fill(
        DecodedCache images, IDataView data, string imageColumn, UndecodableImages undecodable, CancellationToken token = default)
    {
        var image = ImageColumn.Find(data.Schema, imageColumn, images.Shape);
        var total = Count(data);
        if (total == 0)
            throw new InvalidOperationException("There are no rows to calibrate on: the data are empty.");
        var wanted = Math.Min(total, OnnxCalibration.MaxImages);
        using var cursor = data.GetRowCursor(ImageColumn.WithPath(image.Column, data.Schema));
        using var reader = image.Open(cursor);
        var rows = new BlockDecoder(images, reader, scores: null, undecodable, share: null);
        var taken = 0L;
        for (var row = 0L; taken < wanted && cursor.MoveNext(); row++)
        {
            token.ThrowIfCancellationRequested();
            if (row != taken * total / wanted)
                continue;
            rows.Add(cursor.Position, RowLabel.None, weight: 1);
            taken++;
        }

        rows.Flush();
        return images.Count > 0
            ? rows.Skipped
            : throw new InvalidOperationException("There are no rows to calibrate on: none has an image that can be decoded.");
    }

    private static long Count(IDataView data)
    {
        if (data.GetRowCount() is { } known)
            return known;
        var count = 0L;
        using var cursor = data.GetRowCursor([]);
        while (cursor.MoveNext())
            count++;
        return count;
    }
}
