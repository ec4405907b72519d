using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet;

/// <summary>Column types as error messages name them.</summary>
internal static class ColumnTypes
{
    public static string Describe(DataViewType type) => type switch
    {
        VectorDataViewType { IsKnownSize: true } vector => $"Vector<{Item(vector.ItemType)}> of {string.Join('x', vector.Dimensions)}",
        VectorDataViewType vector => $"Vector<{Item(vector.ItemType)}> of unknown size",
        _ => Item(type),
    };

    public static string Describe(SchemaShape.Column column)
    {
        var item = column.IsKey ? $"Key<{Item(column.ItemType)}>" : Item(column.ItemType);
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Scalar => item,
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            _ => $"Vector<{item}> of unknown size",
        };
    }

    private static string Item(DataViewType type) => type switch
    {
        TextDataViewType => "Text",
        ImageDataViewType => "MLImage",
        KeyDataViewType key => $"Key<{key.RawType.Name}>",
        _ => type.RawType.Name,
    };
}
