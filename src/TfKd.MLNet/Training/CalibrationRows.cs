using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>Reads images out of an IDataView to measure ranges on; labels are not read.</summary>
internal static class CalibrationRows
{
    /// <summary>Reads rows at equal distances, as many as are looked at, since neighbours are often of one class.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="imageColumn">Name of the column with the images.</param>
    /// <param name="shape">The shape to decode to.</param>
    /// <param name="classNames">The classes of the network.</param>
    /// <param name="token">Stops between rows.</param>
    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    /// <exception cref="ImageDecodingException">An image cannot be decoded.</exception>
    public static DecodedCache Read(
        IDataView data, string imageColumn, ImageShape shape, IReadOnlyList<string> classNames, CancellationToken token = default)
    {
        var image = ImageColumn.Find(data.Schema, imageColumn, shape);
        var total = Count(data);
        if (total == 0)
            throw new InvalidOperationException("There are no rows to calibrate on: the data are empty.");
        var wanted = Math.Min(total, OnnxCalibration.MaxImages);
        var images = new DecodedCache(shape, classNames);
        try
        {
            using var cursor = data.GetRowCursor(ImageColumn.WithPath(image.Column, data.Schema));
            using var reader = image.Open(cursor);
            var rows = new BlockDecoder(images, reader, scores: null, UndecodableImages.Throw, share: null);
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
            return images;
        }
        catch
        {
            images.Dispose();
            throw;
        }
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
