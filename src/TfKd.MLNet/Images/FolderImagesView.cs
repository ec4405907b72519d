using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Image files as data. A file's bytes are read when the image column of its row is, and not kept; rows may be shuffled at no cost. A file
/// that cannot be read gives no bytes: an error thrown here would, under ML.NET's threads that read ahead, end the whole reading without
/// saying which row it was.
/// </summary>
internal sealed class FolderImagesView : IDataView
{
    private const int PathIndex = 0;
    private const int LabelIndex = 1;
    private const string LabelColumnName = "Label";

    private readonly IReadOnlyList<(string Path, string Label)> _files;

    /// <param name="files">The files with their labels.</param>
    /// <param name="imageColumnName">What the column of the bytes is called.</param>
    /// <param name="hasSeveralLabels">Whether the labels are texts of several.</param>
    /// <exception cref="ArgumentException">Another column has that name.</exception>
    public FolderImagesView(
        IReadOnlyList<(string Path, string Label)> files, string imageColumnName = "Image", bool hasSeveralLabels = false)
    {
        if (imageColumnName is ImageColumn.PathColumnName or LabelColumnName)
        {
            throw new ArgumentException(
                $"imageColumnName is '{imageColumnName}', which another column is called; expected a name beside 'ImagePath' and 'Label'.",
                nameof(imageColumnName));
        }

        _files = files;
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(ImageColumn.PathColumnName, TextDataViewType.Instance);
        schema.AddColumn(LabelColumnName, TextDataViewType.Instance, hasSeveralLabels ? ColumnMark.SeveralLabels.Make() : null);
        schema.AddColumn(imageColumnName, new VectorDataViewType(NumberDataViewType.Byte), ColumnMark.BytesOfFile.Make());
        Schema = schema.ToSchema();
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => true;

    public long? GetRowCount() => _files.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var order = Enumerable.Range(0, _files.Count).ToArray();
        rand?.Shuffle(order);
        return new Cursor(Schema, _files, order, columnsNeeded.Select(column => column.Index).ToHashSet());
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(
        DataViewSchema schema, IReadOnlyList<(string Path, string Label)> files, int[] order, HashSet<int> active) : DataViewRowCursor
    {
        private long _position = -1;

        public override DataViewSchema Schema => schema;

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
            var path = files[File].Path;
            try
            {
                using var file = ImageFile.Open(path, out var length);
                var editor = VBufferEditor.Create(ref image, length);
                ImageFile.Read(file, path, editor.Values);
                image = editor.Commit();
            }
            catch (Exception exception) when (exception is ImageDecodingException or IOException or UnauthorizedAccessException)
            {
                // Who needs the image reads the file again, and learns why.
                image = VBufferEditor.Create(ref image, 0).Commit();
            }
        }
    }
}
