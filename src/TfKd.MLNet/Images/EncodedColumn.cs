using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The bytes of image files, as LoadRawImageBytes and LoadImagesFromFolder give them: a vector of any size.</summary>
internal sealed class EncodedColumn : ImageColumnKind
{
    public override string Name => "encoded bytes";

    public override bool Accepts(DataViewType type) =>
        type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte && !PixelColumn.IsPixels(vector);

    public override bool Accepts(SchemaShape.Column column) =>
        !column.IsKey && column.Kind != SchemaShape.Column.VectorKind.Scalar && column.ItemType == NumberDataViewType.Byte;

    public override ImageColumnReader Open(DataViewRow row, DataViewSchema.Column column, ImageShape shape) => new Reader(row, column);

    private sealed class Reader(DataViewRow row, DataViewSchema.Column column) : ImageColumnReader(row, column)
    {
        private readonly ValueGetter<VBuffer<byte>> _getter = row.GetGetter<VBuffer<byte>>(column);
        private readonly bool _isFile = ColumnMark.BytesOfFile.IsOn(column);
        private VBuffer<byte> _bytes;

        public override bool ReadsFiles => _isFile && HasPath;

        private protected override void Add(DecodeBlock block)
        {
            _getter(ref _bytes);
            if (_bytes.Length == 0 && _isFile && ReadPath() is { IsEmpty: false } path)
                block.AddFile(path.ToString());
            else if (_bytes.IsDense)
                block.AddEncoded(_bytes.GetValues());
            else
                block.AddEncoded([.. _bytes.DenseValues()]);
        }
    }
}
