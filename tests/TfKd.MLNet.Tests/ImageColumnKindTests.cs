using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet.Tests;

/// <summary>The table of kinds of image columns: before data, with data and in a portable chain it must say the same.</summary>
public sealed class ImageColumnKindTests
{
    private static readonly (DataViewType Type, Type? Kind)[] Cases =
    [
        (new VectorDataViewType(NumberDataViewType.Byte), typeof(EncodedColumn)),
        (new VectorDataViewType(NumberDataViewType.Byte, 192), typeof(EncodedColumn)),
        (new VectorDataViewType(NumberDataViewType.Byte, 3, 8, 8), typeof(PixelColumn)),
        (new VectorDataViewType(NumberDataViewType.Single, 192), typeof(PixelColumn)),
        (new VectorDataViewType(NumberDataViewType.Single, 8, 8, 3), typeof(PixelColumn)),
        (TextDataViewType.Instance, typeof(PathColumn)),
        (new ImageDataViewType(), typeof(MLImageColumn)),
        (new ImageDataViewType(8, 8), typeof(MLImageColumn)),
        (new VectorDataViewType(NumberDataViewType.Single), null),
        (new VectorDataViewType(new KeyDataViewType(typeof(byte), 9)), null),
        (new VectorDataViewType(TextDataViewType.Instance, 2), null),
        (new KeyDataViewType(typeof(uint), 9), null),
        (NumberDataViewType.Byte, null),
    ];

    [Fact]
    public void Each_kind_has_a_case() =>
        Assert.Equal(
            ImageColumn.Kinds.Select(kind => kind.GetType().Name).Order(),
            Cases.Select(entry => entry.Kind?.Name).OfType<string>().Distinct().Order());

    [Fact]
    public void A_type_is_of_one_kind_or_of_none() => Assert.All(Cases, entry =>
        Assert.Equal(entry.Kind, ImageColumn.Kinds.SingleOrDefault(kind => kind.Accepts(entry.Type))?.GetType()));

    [Fact]
    public void What_is_taken_with_data_is_taken_before_there_are_any() => Assert.All(Cases, entry =>
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("Image", entry.Type);
        var column = Assert.Single(Shapes.Of(schema.ToSchema()));
        var kinds = ImageColumn.Kinds.Where(kind => kind.Accepts(column)).Select(kind => kind.GetType());
        if (entry.Kind is null)
            Assert.Empty(kinds);
        else
            Assert.Contains(entry.Kind, kinds);
    });

    [Fact]
    public void Each_portable_column_is_of_one_kind_which_takes_it()
    {
        var portable = ImageColumn.Kinds.Where(kind => kind.Portable is not null).ToList();
        Assert.Equal(Enum.GetValues<PortableImageColumn>(), portable.Select(kind => kind.Portable!.Column).Order());
        Assert.All(portable, kind => Assert.True(kind.Accepts(kind.Portable!.Type)));
    }
}
