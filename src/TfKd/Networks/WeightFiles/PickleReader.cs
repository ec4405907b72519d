using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace TfKd;

/// <summary>
/// Reads one pickle (Python's library reference, module pickletools; protocols 2 to 5) without running anything: it knows the opcodes below
/// and the names of <see cref="TorchGlobals"/>; objects of any other type are passed over, as <see cref="PickleForeign"/>. Values are null,
/// truth values, long, BigInteger, double, text, bytes, lists, tuples as arrays, <see cref="PickleDictionary"/>, <see cref="StoredTensor"/>
/// and what <see cref="TorchGlobals"/> makes on the way to one.
/// </summary>
/// <param name="stream">A seekable stream; afterwards it stands behind the pickle.</param>
/// <param name="findStorage">What a persistent id, the argument, stands for.</param>
internal sealed class PickleReader(Stream stream, Func<object?, object?> findStorage)
{
    // What an operation takes in memory has a bound, and so has all of them; ten times what the largest networks need.
    private const long MaxOperations = 5_000_000;
    private const int HighestProtocol = 5;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly PickleStack _stack = new();
    private readonly List<object?> _memo = [];
    private long _operations;

    /// <exception cref="InvalidDataException">
    /// The pickle is damaged, or asks for what is not allowed; the message does not name the source.
    /// </exception>
    public object? Read()
    {
        while (true)
        {
            var at = stream.Position;
            var opcode = (PickleOpcode)ReadByte();
            if (opcode == PickleOpcode.Stop)
                return _stack.Pop();
            Charge(1);
            Execute(opcode, at);
        }
    }

    private void Execute(PickleOpcode opcode, long at)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto: RequireProtocol(ReadByte()); break;
            case PickleOpcode.Frame: Take(sizeof(long)); break;

            case PickleOpcode.None: _stack.Push(null); break;
            case PickleOpcode.NewTrue: _stack.Push(true); break;
            case PickleOpcode.NewFalse: _stack.Push(false); break;
            case PickleOpcode.BinInt1: _stack.Push((long)ReadByte()); break;
            case PickleOpcode.BinInt2: _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)))); break;
            case PickleOpcode.BinInt: _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)))); break;
            case PickleOpcode.Long1: PushInteger(new BigInteger(Take(ReadByte()))); break;
            case PickleOpcode.BinFloat: _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)))); break;

            case PickleOpcode.ShortBinUnicode: _stack.Push(Text(Take(ReadByte()))); break;
            case PickleOpcode.BinUnicode: _stack.Push(Text(Take(ReadUInt32()))); break;
            case PickleOpcode.BinUnicode8: _stack.Push(Text(Take(ReadInt64()))); break;
            // Texts of Python 2; the names of parameters among them are ASCII.
            case PickleOpcode.ShortBinString: _stack.Push(Encoding.Latin1.GetString(Take(ReadByte()))); break;
            case PickleOpcode.BinString: _stack.Push(Encoding.Latin1.GetString(Take(ReadUInt32()))); break;
            case PickleOpcode.ShortBinBytes: _stack.Push(Take(ReadByte())); break;
            case PickleOpcode.BinBytes: _stack.Push(Take(ReadUInt32())); break;
            case PickleOpcode.BinBytes8: _stack.Push(Take(ReadInt64())); break;

            case PickleOpcode.Mark: _stack.Mark(); break;
            case PickleOpcode.EmptyTuple: _stack.Push(Array.Empty<object?>()); break;
            case PickleOpcode.Tuple1: _stack.Push(_stack.Pop(1)); break;
            case PickleOpcode.Tuple2: _stack.Push(_stack.Pop(2)); break;
            case PickleOpcode.Tuple3: _stack.Push(_stack.Pop(3)); break;
            case PickleOpcode.Tuple: _stack.Push(_stack.PopToMark()); break;
            case PickleOpcode.EmptyList: _stack.Push(new List<object?>()); break;
            case PickleOpcode.Append: Append(_stack.Pop(1)); break;
            case PickleOpcode.Appends: Append(_stack.PopToMark()); break;
            case PickleOpcode.EmptyDict: _stack.Push(new PickleDictionary()); break;
            case PickleOpcode.SetItem: SetItems(_stack.Pop(2)); break;
            case PickleOpcode.SetItems: SetItems(_stack.PopToMark()); break;
            case PickleOpcode.EmptySet: _stack.Push(new List<object?>()); break;
            case PickleOpcode.AddItems: Append(_stack.PopToMark()); break;
            case PickleOpcode.FrozenSet: _stack.Push(_stack.PopToMark()); break;

            case PickleOpcode.BinPut: Memoize(ReadByte()); break;
            case PickleOpcode.LongBinPut: Memoize(ReadUInt32()); break;
            case PickleOpcode.Memoize: Memoize(_memo.Count); break;
            case PickleOpcode.BinGet: _stack.Push(Recall(ReadByte())); break;
            case PickleOpcode.LongBinGet: _stack.Push(Recall(ReadUInt32())); break;

            case PickleOpcode.Global: _stack.Push(TorchGlobals.Find(ReadLine(), ReadLine())); break;
            case PickleOpcode.StackGlobal: PushStackGlobal(_stack.Pop(2)); break;
            case PickleOpcode.Reduce: Reduce(_stack.Pop(), _stack.Pop()); break;
            case PickleOpcode.NewObj: New(_stack.Pop(2)); break;
            case PickleOpcode.NewObjEx: New(_stack.Pop(3)); break;
            case PickleOpcode.Build: Build(_stack.Pop()); break;
            case PickleOpcode.BinPersId: _stack.Push(findStorage(_stack.Pop())); break;

            default: throw PickleValue.Invalid("an opcode of a state dict's pickle", $"{(byte)opcode:x2} at byte {at}");
        }
    }

    private static void RequireProtocol(int protocol)
    {
        if (protocol > HighestProtocol)
            throw PickleValue.Invalid($"a pickle of protocol {HighestProtocol} at most", $"{protocol}");
    }

    private void Reduce(object? arguments, object? callable)
    {
        if (callable is PickleForeign made)
        {
            _stack.Push(made);
            return;
        }

        if (callable is not PickleGlobal global || arguments is not object?[] values)
            throw PickleValue.Invalid(
                "a name and a tuple of its arguments", $"{PickleValue.Describe(callable)} and {PickleValue.Describe(arguments)}");
        // What is called may copy a list that is in the file once and referred to often.
        foreach (var value in values)
            Charge(value is List<object?> list ? list.Count : 1);
        _stack.Push(global.Invoke(values));
    }

    /// <summary>An object of any type: dictionaries with attributes are made otherwise, so that it is none of the state dict.</summary>
    private void New(object?[] parts)
    {
        if (parts[0] is not PickleGlobal type || parts[1] is not object?[])
            throw PickleValue.Invalid(
                "a type and a tuple of its arguments", $"{PickleValue.Describe(parts[0])} and {PickleValue.Describe(parts[1])}");
        _stack.Push(new PickleForeign(type.Name));
    }

    /// <summary>
    /// The attributes of an object are dropped, such as a state dict's <c>_metadata</c>; numpy's types say their byte order here.
    /// </summary>
    private void Build(object? state)
    {
        if (_stack.Peek() is NumpyType)
            NumpyType.CheckState(state);
        else if (_stack.Peek() is not (PickleDictionary or PickleForeign))
            throw PickleValue.Invalid("attributes of a dictionary", $"attributes of {PickleValue.Describe(_stack.Peek())}");
    }

    private void PushStackGlobal(object?[] names) => _stack.Push(names is [string module, string name]
        ? TorchGlobals.Find(module, name)
        : throw PickleValue.Invalid(
            "the texts of a module and a name", $"{PickleValue.Describe(names[0])} and {PickleValue.Describe(names[1])}"));

    private void Append(object?[] values)
    {
        if (_stack.Peek() is PickleForeign)
            return;
        if (_stack.Peek() is not List<object?> list)
            throw PickleValue.Invalid("a list to append to", PickleValue.Describe(_stack.Peek()));
        list.AddRange(values);
    }

    private void SetItems(object?[] values)
    {
        if (_stack.Peek() is PickleForeign)
            return;
        if (_stack.Peek() is not PickleDictionary dictionary)
            throw PickleValue.Invalid("a dictionary to set items of", PickleValue.Describe(_stack.Peek()));
        if (values.Length % 2 != 0)
            throw PickleValue.Invalid("pairs of a key and a value", $"{values.Length} values");
        for (var i = 0; i < values.Length; i += 2)
            dictionary.Items.Add(new(values[i], values[i + 1]));
    }

    private void Memoize(long index)
    {
        // Python numbers what it remembers from 0 on, Python 2 from 1.
        if (index == 1 && _memo.Count == 0)
            _memo.Add(null);
        if (index > _memo.Count)
            throw PickleValue.Invalid($"a memo of number {_memo.Count} at most", $"{index}");
        if (index == _memo.Count)
            _memo.Add(_stack.Peek());
        else
            _memo[(int)index] = _stack.Peek();
    }

    private object? Recall(long index) =>
        index < _memo.Count ? _memo[(int)index] : throw PickleValue.Invalid($"a memo below number {_memo.Count}", $"{index}");

    private void Charge(int operations)
    {
        if ((_operations += operations) > MaxOperations)
            throw PickleValue.Invalid($"a pickle of {MaxOperations:N0} operations at most", "more");
    }

    private byte ReadByte() =>
        stream.ReadByte() is >= 0 and var value
            ? (byte)value
            : throw PickleValue.Invalid("a pickle that ends with STOP", "the end of the content");

    private long ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    private byte[] Take(long count)
    {
        var left = stream.Length - stream.Position;
        if (count < 0 || count > left)
            throw PickleValue.Invalid($"at most {left} more bytes", $"a length of {(ulong)count}");
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private string ReadLine()
    {
        const int MaxLength = 1000;
        var line = new StringBuilder();
        for (var value = ReadByte(); value != '\n'; value = ReadByte())
            if (line.Append((char)value).Length > MaxLength)
                throw PickleValue.Invalid($"a name of {MaxLength} characters at most", "a longer one");
        return line.ToString();
    }

    private void PushInteger(BigInteger number)
    {
        if (number >= long.MinValue && number <= long.MaxValue)
            _stack.Push((long)number);
        else
            _stack.Push(number);
    }

    private static string Text(byte[] utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw PickleValue.Invalid("text in UTF-8", "other bytes");
        }
    }
}
