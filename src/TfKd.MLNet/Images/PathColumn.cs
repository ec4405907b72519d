using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The paths of image files.</summary>
internal sealed class PathColumn : ImageColumnKind
{
    public override string Name => "text path";

    public override PortableImages Portable { get; } = new(
        PortableImageColumn.Path,
        TextDataViewType.Instance,
        (ml, output, input) => ml.Transforms.LoadImages(output, imageFolder: "", input));

    public override bool Accepts(DataViewType type) => type is TextDataViewType;

    public override bool Accepts(SchemaShape.Column column) =>
        !column.IsKey && column is { Kind: SchemaShape.Column.VectorKind.Scalar, ItemType: TextDataViewType };

    public override ImageColumnReader Open(DataViewRow row, DataViewSchema.Column column, ImageShape shape) => new Reader(row, column);

    private sealed class Reader(DataViewRow row, DataViewSchema.Column column) : ImageColumnReader(row, column)
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _getter = row.GetGetter<ReadOnlyMemory<char>>(column);

        public override bool ReadsFiles => true;

        public override ReadOnlyMemory<char> ReadPath()
        {
            ReadOnlyMemory<char> path = default;
            _getter(ref path);
            return path;
        }

        private protected override void Add(DecodeBlock block)
        {
            var path = ReadPath().ToString();
            if (path.Length == 0)
                throw new ImageDecodingException("The path is empty.");
            block.AddFile(path);
        }
    }
}
