using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet;

/// <summary>Images in memory, as LoadImages and ResizeImages give them.</summary>
/// <remarks>
/// An MLImage lives until the next getter call, move or dispose of its cursor (ResizeImages to the size that an image already has hands out
/// its own source), so there is one variable for all rows, and the pixels are copied at once. The last image is not disposed: where the
/// rows are objects in memory it is the caller's own, who may use it again; any other goes with the garbage.
/// </remarks>
internal sealed class MLImageColumn : ImageColumnKind
{
    public override string Name => nameof(MLImage);

    public override PortableImages Portable { get; } = new(PortableImageColumn.MLImage, new ImageDataViewType());

    public override bool Accepts(DataViewType type) => type is ImageDataViewType;

    public override bool Accepts(SchemaShape.Column column) =>
        !column.IsKey && column is { Kind: SchemaShape.Column.VectorKind.Scalar, ItemType: ImageDataViewType };

    public override ImageColumnReader Open(DataViewRow row, DataViewSchema.Column column, ImageShape shape) =>
        new Reader(row, column, shape);

    private sealed class Reader(DataViewRow row, DataViewSchema.Column column, ImageShape shape) : ImageColumnReader(row, column)
    {
        private readonly ValueGetter<MLImage> _getter = row.GetGetter<MLImage>(column);
        private readonly byte[] _pixels = new byte[shape.ByteCount];
        private MLImage? _image;

        private protected override void Add(DecodeBlock block)
        {
            _getter(ref _image!);
            if (_image is null)
                throw new ImageDecodingException("There is no image in the row.");
            var isBgra = _image.PixelFormat switch
            {
                MLPixelFormat.Bgra32 => true,
                MLPixelFormat.Rgba32 => false,
                var format => throw new ImageDecodingException(
                    $"The pixel format is {format}; expected {MLPixelFormat.Bgra32} or {MLPixelFormat.Rgba32}."),
            };
            var buffers = DecodeBuffers.Rent();
            try
            {
                ImageFit.Fit(new SourcePixels(_image.Pixels, _image.Width, _image.Height, isBgra), shape, _pixels, buffers);
            }
            finally
            {
                DecodeBuffers.Return(buffers);
            }

            _pixels.CopyTo(block.AddPixels());
        }
    }
}
