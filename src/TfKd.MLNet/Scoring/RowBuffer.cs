using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The values of one column for the rows that a cursor has read ahead.</summary>
internal abstract class RowBuffer : IDisposable
{
    /// <summary>Opens the buffer that the column's type asks for.</summary>
    public static RowBuffer Open(DataViewRow row, DataViewSchema.Column column, int capacity)
    {
        var type = column.Type.RawType;
        if (type == typeof(MLImage))
            return new Images(row, column, capacity);
        var buffer = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? typeof(Vectors<>).MakeGenericType(type.GetGenericArguments())
            : typeof(Values<>).MakeGenericType(type);
        return (RowBuffer)Activator.CreateInstance(buffer, row, column, capacity)!;
    }

    /// <summary>Keeps the value of the row that the cursor stands on.</summary>
    public abstract void Read(int slot);

    /// <summary>A ValueGetter of the column's type for the slot that <paramref name="current"/> names when it is called.</summary>
    public abstract Delegate MakeGetter(Func<int> current);

    public virtual void Dispose()
    {
    }

    private sealed class Values<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : RowBuffer
    {
        private readonly ValueGetter<T> _getter = row.GetGetter<T>(column);
        private readonly T[] _values = new T[capacity];

        public override void Read(int slot)
        {
            // The getter must not reuse an object that a consumer already has.
            _values[slot] = default!;
            _getter(ref _values[slot]);
        }

        public override Delegate MakeGetter(Func<int> current) => (ValueGetter<T>)((ref T target) => target = _values[current()]);
    }

    private sealed class Vectors<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : RowBuffer
    {
        private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
        private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];

        public override void Read(int slot) => _getter(ref _values[slot]);

        public override Delegate MakeGetter(Func<int> current) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> target) => _values[current()].CopyTo(ref target));
    }

    /// <summary>
    /// The source's image lives until its next value (see <see cref="MLImageColumn"/>), and who receives one disposes it: copies both ways.
    /// </summary>
    private sealed class Images(DataViewRow row, DataViewSchema.Column column, int capacity) : RowBuffer
    {
        private readonly ValueGetter<MLImage> _getter = row.GetGetter<MLImage>(column);
        private readonly MLImage?[] _values = new MLImage?[capacity];
        private MLImage? _latest;

        public override void Read(int slot)
        {
            _getter(ref _latest!);
            _values[slot]?.Dispose();
            _values[slot] = Clone(_latest);
        }

        public override Delegate MakeGetter(Func<int> current) => (ValueGetter<MLImage>)((ref MLImage target) =>
        {
            target?.Dispose();
            target = Clone(_values[current()])!;
        });

        public override void Dispose()
        {
            foreach (var image in _values)
                image?.Dispose();
            // Not the latest: it may be the caller's own (see MLImageColumn).
            base.Dispose();
        }

        private static MLImage? Clone(MLImage? image)
        {
            if (image is null)
                return null;
            var clone = MLImage.CreateFromPixels(image.Width, image.Height, image.PixelFormat, image.Pixels);
            clone.Tag = image.Tag;
            return clone;
        }
    }
}
