using System.Collections;
using System.Globalization;

namespace TfKd;

/// <summary>
/// A copy of a list that is equal to another of equal items, and says what is in it: what a record needs of a list, that is to be a plain
/// value.
/// </summary>
internal sealed class ValueList<T>(IEnumerable<T> items) : IReadOnlyList<T>
{
    private readonly T[] _items = [.. items];

    public int Count => _items.Length;

    public T this[int index] => _items[index];

    public IEnumerator<T> GetEnumerator() => _items.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is ValueList<T> other && _items.SequenceEqual(other._items);

    public override int GetHashCode() => _items.Aggregate(0, HashCode.Combine);

    public override string ToString() =>
        $"[{string.Join(", ", _items.Select(item => Convert.ToString(item, CultureInfo.CurrentCulture)))}]";
}
