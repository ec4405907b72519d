namespace TfKd;

/// <summary>
/// The values of a pickle that are still to be used, with marks between them: a pickle's machine has nothing else but a memo.
/// </summary>
internal sealed class PickleStack
{
    private readonly List<object?> _values = [];
    private readonly Stack<int> _marks = [];

    public void Push(object? value) => _values.Add(value);

    /// <summary>Puts what lies on the stack out of reach, until <see cref="PopToMark"/>.</summary>
    public void Mark() => _marks.Push(_values.Count);

    public object? Peek()
    {
        RequireValues(1);
        return _values[^1];
    }

    public object? Pop()
    {
        var value = Peek();
        _values.RemoveAt(_values.Count - 1);
        return value;
    }

    public object?[] Pop(int count)
    {
        RequireValues(count);
        var values = _values.GetRange(_values.Count - count, count).ToArray();
        _values.RemoveRange(_values.Count - count, count);
        return values;
    }

    public object?[] PopToMark() =>
        _marks.TryPop(out var mark) ? Pop(_values.Count - mark) : throw PickleValue.Invalid("a mark on the stack", "none");

    private void RequireValues(int count)
    {
        var above = _values.Count - (_marks.TryPeek(out var mark) ? mark : 0);
        if (above < count)
            throw PickleValue.Invalid($"{count} values on the stack", $"{above}");
    }
}
