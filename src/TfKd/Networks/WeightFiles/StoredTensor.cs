using static TorchSharp.torch;

namespace TfKd;

/// <summary>A run of numbers in a file, which tensors are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Count">How many there are, as the file says; whoever reads them compares it with the content.</param>
internal sealed record TorchStorage(string Key, ScalarType Type, long Count)
{
    /// <summary>What the elements take, or more than any file where that is beyond counting.</summary>
    public long ByteCount => (long)Int128.Min((Int128)Count * SafeTensorType.SizeOf(Type), long.MaxValue);
}

/// <summary>A part of a storage, as files before PyTorch 0.4 have them; the whole as a rule.</summary>
/// <param name="Whole">The storage.</param>
/// <param name="Offset">The first element of the part.</param>
/// <param name="Count">The number of elements of the part.</param>
internal sealed record TorchStorageView(TorchStorage Whole, long Offset, long Count);

/// <summary>A tensor of a file, not read yet: every element lies within its storage, and it has no more elements than that.</summary>
internal sealed class StoredTensor
{
    // Torch's own.
    private const int MaxRank = 64;

    private StoredTensor(TorchStorage storage, long offset, long[] shape, long[] strides) =>
        (Storage, Offset, Shape, Strides) = (storage, offset, shape, strides);

    /// <summary>What it is a view of.</summary>
    public TorchStorage Storage { get; }

    /// <summary>Its first element in the storage.</summary>
    public long Offset { get; }

    /// <summary>Its size in each dimension.</summary>
    public long[] Shape { get; }

    /// <summary>How far its elements lie apart in each dimension.</summary>
    public long[] Strides { get; }

    /// <param name="view">The storage.</param>
    /// <param name="offset">The first element within the view.</param>
    /// <param name="shape">Sizes, as the file has them.</param>
    /// <param name="strides">Strides, as the file has them.</param>
    /// <exception cref="InvalidDataException">The tensor leaves the storage, or is larger.</exception>
    public static StoredTensor Create(TorchStorageView view, long offset, object?[] shape, object?[] strides)
    {
        if (Numbers(shape) is not { } sizes)
            throw PickleValue.Invalid($"a shape of at most {MaxRank} whole numbers from 0", Describe(shape));
        if (Numbers(strides) is not { } steps || steps.Length != sizes.Length)
            throw PickleValue.Invalid($"{sizes.Length} strides, whole numbers from 0", Describe(strides));
        var isEmpty = sizes.Contains(0);
        // Where there is no element a size of 0 counts as 1: Torch multiplies all of them, in 64 bits.
        Int128 elements = 1;
        Int128 last = offset;
        for (var i = 0; i < sizes.Length; i++)
        {
            if ((elements *= Math.Max(sizes[i], 1)) > (isEmpty ? long.MaxValue : view.Count))
                throw PickleValue.Invalid($"at most {view.Count} elements in a tensor of storage {PickleValue.Quote(view.Whole.Key)}",
                    $"shape {Describe(shape)}");
            last += (Int128)Math.Max(sizes[i] - 1, 0) * steps[i];
        }
        if (offset < 0 || (isEmpty ? offset > view.Count : last >= view.Count))
            throw PickleValue.Invalid(
                $"a tensor within the {view.Count} elements of storage {PickleValue.Quote(view.Whole.Key)}", $"offset {offset}, shape "
                    + $"{Describe(shape)}, strides {Describe(strides)}");
        return new StoredTensor(view.Whole, view.Offset + offset, sizes, steps);
    }

    private static long[]? Numbers(object?[] values) =>
        values.Length <= MaxRank && values.All(value => value is long and >= 0) ? [.. values.Cast<long>()] : null;

    private static string Describe(object?[] values) => values.Length > MaxRank
        ? $"{values.Length} values"
        : $"[{string.Join(',', values.Select(value => value is long number ? $"{number}" : PickleValue.Describe(value)))}]";
}
