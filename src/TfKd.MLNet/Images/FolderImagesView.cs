using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Image files as data. A file's bytes are read when the image column of its row is, and not kept; rows may be shuffled at no cost.
/// </summary>
internal sealed class FolderImagesView(IReadOnlyList<(string Path, string Label)> files) : IDataView
{
    private const int PathIndex = 0;
    private const int LabelIndex = 1;

    private static readonly DataViewSchema Columns = MakeSchema();

    public DataViewSchema Schema => Columns;

    public bool CanShuffle => true;

    public long? GetRowCount() => files.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var order = Enumerable.Range(0, files.Count).ToArray();
        rand?.Shuffle(order);
        return new Cursor(files, order, columnsNeeded.Select(column => column.Index).ToHashSet());
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private static DataViewSchema MakeSchema()
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(ImageColumn.PathColumnName, TextDataViewType.Instance);
        schema.AddColumn("Label", TextDataViewType.Instance);
        schema.AddColumn("Image", new VectorDataViewType(NumberDataViewType.Byte));
        return schema.ToSchema();
    }

    private sealed class Cursor(IReadOnlyList<(string Path, string Label)> files, int[] order, HashSet<int> active) : DataViewRowCursor
    {
        private long _position = -1;

        public override DataViewSchema Schema => Columns;

        public override long Position => _position;

        public override long Batch => 0;

        private int File => _position >= 0 ? order[_position] : throw new InvalidOperationException("The cursor stands on no row.");

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)File, 0);

        public override bool MoveNext()
        {
            _position = _position + 1 < order.Length ? _position + 1 : -1;
            if (_position < 0)
                order = [];
            return _position >= 0;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
                throw new ArgumentException($"Column '{column.Name}' was not asked for when the cursor was made.", nameof(column));
            Delegate getter = column.Index switch
            {
                PathIndex => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> path) => path = files[File].Path.AsMemory()),
                LabelIndex => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> label) => label = files[File].Label.AsMemory()),
                _ => (ValueGetter<VBuffer<byte>>)ReadImage,
            };
            return getter as ValueGetter<TValue>
                ?? throw new InvalidOperationException(
                    $"Column '{column.Name}' is {ColumnTypes.Describe(column.Type)}, but was asked for as {typeof(TValue).Name}.");
        }

        private void ReadImage(ref VBuffer<byte> image)
        {
            using var file = System.IO.File.OpenHandle(files[File].Path, options: FileOptions.SequentialScan);
            var length = checked((int)RandomAccess.GetLength(file));
            var editor = VBufferEditor.Create(ref image, length);
            var read = 0;
            while (read < length && RandomAccess.Read(file, editor.Values[read..], read) is > 0 and var count)
                read += count;
            // A file that another program shortens meanwhile is a damaged image, not one with bytes of the row before.
            editor.Values[read..].Clear();
            image = editor.Commit();
        }
    }
}
