using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>Reads labelled images out of an IDataView, once, into the decoded cache that epochs run from.</summary>
internal static class TrainingRows
{
    private const int BlockRows = 64;
    private const int ReasonsShown = 3;

    /// <param name="data">The rows.</param>
    /// <param name="options">Names the columns, and says what to do with images that cannot be decoded.</param>
    /// <param name="shape">The shape to decode to.</param>
    /// <param name="classNames">The classes of the label column.</param>
    /// <param name="channel">Takes what was left out, as warnings.</param>
    /// <param name="token">Stops between blocks.</param>
    /// <param name="teacherScores">Another model's scores, read with the rows; null: there are none, or they are not needed.</param>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A weight is negative, NaN or infinite.</exception>
    /// <exception cref="ImageDecodingException">An image cannot be decoded, and they are not to be skipped.</exception>
    /// <exception cref="IOException">The images are more than the memory budget, and the file for the others cannot be made or written.</exception>
    /// <exception cref="InvalidDataException">A row's scores are not what the teacher says they are.</exception>
    public static DecodedCache Read(
        IDataView data, TorchImageClassificationTrainer.Options options, ImageShape shape, IReadOnlyList<string> classNames, IChannel channel, CancellationToken token,
        TeacherScoreColumn? teacherScores = null)
    {
        var label = LabelColumn.Find(data.Schema, options.LabelColumnName);
        var image = ImageColumn.Find(data.Schema, options.ImageColumnName, shape);
        DataViewSchema.Column? weight = options.ExampleWeightColumnName is { } name ? WeightColumn.Find(data.Schema, name) : null;
        var others = new[] { weight, teacherScores?.Column }.OfType<DataViewSchema.Column>();
        using var cursor = data.GetRowCursor([label, .. ImageColumn.WithPath(image, data.Schema), .. others]);
        using var reader = ImageColumnReader.Open(cursor, image, shape);
        var getLabel = RowCursorUtils.GetLabelGetter(cursor, label.Index);
        var getWeight = weight is null ? () => 1 : WeightColumn.GetGetter(cursor, weight.Value);
        var decoded = new DecodedCache(shape, classNames)
        {
            TeacherClassNames = teacherScores?.ClassNames ?? [],
            MemoryBudget = options.ImageMemoryBudget,
            Directory = options.ImageCacheDirectory,
        };
        try
        {
            if (data.GetRowCount() is { } rowCount)
                decoded.Expect(rowCount);
            Fill(new Filler(decoded, new DecodeBlock(shape, BlockRows), reader, teacherScores?.Open(cursor), options.UndecodableImages));
            return decoded;
        }
        catch
        {
            decoded.Dispose();
            throw;
        }

        void Fill(Filler rows)
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
            if (unlabelled > 0)
                channel.Warning(MessageSensitivity.None, "{0} rows have no label and were left out.", unlabelled);
            if (rows.Skipped > 0)
                channel.Warning(MessageSensitivity.UserData, "{0} images cannot be decoded and were left out. {1}", rows.Skipped, string.Join(" ", rows.Reasons));
        }
    }

    /// <summary>Decodes block by block, side by side, and appends in the order of the rows.</summary>
    private sealed class Filler(DecodedCache cache, DecodeBlock block, ImageColumnReader reader, TeacherScoreColumn.Reader? scores, UndecodableImages undecodable)
    {
        private readonly float[] _scores = new float[block.Capacity * (scores?.Count ?? 0)];
        private readonly (long Row, int Label, float Weight, ReadOnlyMemory<char> Path)[] _pending = new (long, int, float, ReadOnlyMemory<char>)[block.Capacity];

        public int Skipped { get; private set; }

        public List<string> Reasons { get; } = [];

        public void Add(long row, int label, float weight)
        {
            _pending[block.Count] = (row, label, weight, reader.ReadPath().ToString().AsMemory());
            scores?.Read(ScoresOf(block.Count));
            reader.AddTo(block);
            if (block.IsFull)
                Flush();
        }

        private Span<float> ScoresOf(int row) => _scores.AsSpan(row * (scores?.Count ?? 0), scores?.Count ?? 0);

        public void Flush()
        {
            block.Decode();
            for (var i = 0; i < block.Count; i++)
            {
                var (row, label, weight, path) = _pending[i];
                if (block.ErrorOf(i) is not { } reason)
                    cache.Add(block.PixelsOf(i), label, weight, ScoresOf(i));
                else if (undecodable == UndecodableImages.Throw)
                    throw reader.Describe(row, path, reason);
                else if (Skipped++ < ReasonsShown)
                    Reasons.Add(reader.Describe(row, path, reason).Message);
            }

            block.Clear();
        }
    }
}
