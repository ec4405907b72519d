using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace TfKd;

/// <summary>
/// Reads one pickle (Python's library reference, module pickletools; protocols 2 to 5) without running anything: it knows the opcodes below and the names of
/// <see cref="TorchGlobals"/>, and refuses every other by its name. Values are null, truth values, long, BigInteger, double, text, bytes, lists, tuples as arrays,
/// <see cref="PickleDictionary"/>, <see cref="StoredTensor"/> and what <see cref="TorchGlobals"/> makes on the way to one.
/// </summary>
/// <param name="stream">A seekable stream; afterwards it stands behind the pickle.</param>
/// <param name="findStorage">What a persistent id, the argument, stands for.</param>
internal sealed class PickleReader(Stream stream, Func<object?, object?> findStorage)
{
    // What an operation takes in memory has a bound, and so has all of them; ten times what the largest networks need.
    private const long MaxOperations = 5_000_000;
    private const int HighestProtocol = 5;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly List<object?> _memo = [];
    private long _operations;

    // Named as in pickletools.
    private enum Opcode : byte
    {
        Append = (byte)'a', Appends = (byte)'e', BinBytes = (byte)'B', BinBytes8 = 0x8e, BinFloat = (byte)'G', BinGet = (byte)'h', BinInt = (byte)'J', BinInt1 = (byte)'K',
        BinInt2 = (byte)'M', BinPersId = (byte)'Q', BinPut = (byte)'q', BinString = (byte)'T', BinUnicode = (byte)'X', BinUnicode8 = 0x8d, Build = (byte)'b',
        EmptyDict = (byte)'}', EmptyList = (byte)']', EmptyTuple = (byte)')', Frame = 0x95, Global = (byte)'c', Long1 = 0x8a, LongBinGet = (byte)'j',
        LongBinPut = (byte)'r', Mark = (byte)'(', Memoize = 0x94, NewFalse = 0x89, NewTrue = 0x88, None = (byte)'N', Proto = 0x80, Reduce = (byte)'R',
        SetItem = (byte)'s', SetItems = (byte)'u', ShortBinBytes = (byte)'C', ShortBinString = (byte)'U', ShortBinUnicode = 0x8c, StackGlobal = 0x93,
        Stop = (byte)'.', Tuple = (byte)'t', Tuple1 = 0x85, Tuple2 = 0x86, Tuple3 = 0x87,
    }

    /// <exception cref="InvalidDataException">The pickle is damaged, or asks for what is not allowed; the message does not name the source.</exception>
    public object? Read()
    {
        while (true)
        {
            var at = stream.Position;
            var opcode = (Opcode)ReadByte();
            if (opcode == Opcode.Stop)
                return Pop();
            Charge(1);
            Execute(opcode, at);
        }
    }

    private void Execute(Opcode opcode, long at)
    {
        switch (opcode)
        {
            case Opcode.Proto: RequireProtocol(ReadByte()); break;
            case Opcode.Frame: Take(sizeof(long)); break;

            case Opcode.None: Push(null); break;
            case Opcode.NewTrue: Push(true); break;
            case Opcode.NewFalse: Push(false); break;
            case Opcode.BinInt1: Push((long)ReadByte()); break;
            case Opcode.BinInt2: Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)))); break;
            case Opcode.BinInt: Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)))); break;
            case Opcode.Long1: PushInteger(new BigInteger(Take(ReadByte()))); break;
            case Opcode.BinFloat: Push(BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)))); break;

            case Opcode.ShortBinUnicode: Push(Text(Take(ReadByte()))); break;
            case Opcode.BinUnicode: Push(Text(Take(ReadUInt32()))); break;
            case Opcode.BinUnicode8: Push(Text(Take(ReadInt64()))); break;
            // Texts of Python 2; the names of parameters among them are ASCII.
            case Opcode.ShortBinString: Push(Encoding.Latin1.GetString(Take(ReadByte()))); break;
            case Opcode.BinString: Push(Encoding.Latin1.GetString(Take(ReadUInt32()))); break;
            case Opcode.ShortBinBytes: Push(Take(ReadByte())); break;
            case Opcode.BinBytes: Push(Take(ReadUInt32())); break;
            case Opcode.BinBytes8: Push(Take(ReadInt64())); break;

            case Opcode.Mark: _marks.Push(_stack.Count); break;
            case Opcode.EmptyTuple: Push(Array.Empty<object?>()); break;
            case Opcode.Tuple1: Push(Pop(1)); break;
            case Opcode.Tuple2: Push(Pop(2)); break;
            case Opcode.Tuple3: Push(Pop(3)); break;
            case Opcode.Tuple: Push(PopToMark()); break;
            case Opcode.EmptyList: Push(new List<object?>()); break;
            case Opcode.Append: Append(Pop(1)); break;
            case Opcode.Appends: Append(PopToMark()); break;
            case Opcode.EmptyDict: Push(new PickleDictionary()); break;
            case Opcode.SetItem: SetItems(Pop(2)); break;
            case Opcode.SetItems: SetItems(PopToMark()); break;

            case Opcode.BinPut: Memoize(ReadByte()); break;
            case Opcode.LongBinPut: Memoize(ReadUInt32()); break;
            case Opcode.Memoize: Memoize(_memo.Count); break;
            case Opcode.BinGet: Push(Recall(ReadByte())); break;
            case Opcode.LongBinGet: Push(Recall(ReadUInt32())); break;

            case Opcode.Global: Push(TorchGlobals.Find(ReadLine(), ReadLine())); break;
            case Opcode.StackGlobal: PushStackGlobal(Pop(2)); break;
            case Opcode.Reduce: Reduce(Pop(), Pop()); break;
            case Opcode.Build: Build(Pop()); break;
            case Opcode.BinPersId: Push(findStorage(Pop())); break;

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
        if (callable is not PickleGlobal global || arguments is not object?[] values)
            throw PickleValue.Invalid("a name and a tuple of its arguments", $"{PickleValue.Describe(callable)} and {PickleValue.Describe(arguments)}");
        // What is called may copy a list that is in the file once and referred to often.
        foreach (var value in values)
            Charge(value is List<object?> list ? list.Count : 1);
        Push(global.Invoke(values));
    }

    /// <summary>The attributes of an object are dropped, such as a state dict's <c>_metadata</c>; numpy's types say their byte order here.</summary>
    private void Build(object? state)
    {
        if (Peek() is NumpyType)
            NumpyType.CheckState(state);
        else if (Peek() is not PickleDictionary)
            throw PickleValue.Invalid("attributes of a dictionary", $"attributes of {PickleValue.Describe(Peek())}");
    }

    private void PushStackGlobal(object?[] names) => Push(names is [string module, string name]
        ? TorchGlobals.Find(module, name)
        : throw PickleValue.Invalid("the texts of a module and a name", $"{PickleValue.Describe(names[0])} and {PickleValue.Describe(names[1])}"));

    private void Append(object?[] values)
    {
        if (Peek() is not List<object?> list)
            throw PickleValue.Invalid("a list to append to", PickleValue.Describe(Peek()));
        list.AddRange(values);
    }

    private void SetItems(object?[] values)
    {
        if (Peek() is not PickleDictionary dictionary)
            throw PickleValue.Invalid("a dictionary to set items of", PickleValue.Describe(Peek()));
        if (values.Length % 2 != 0)
            throw PickleValue.Invalid("pairs of a key and a value", $"{values.Length} values");
        for (var i = 0; i < values.Length; i += 2)
            dictionary.Items.Add(new(values[i], values[i + 1]));
    }

    private void Memoize(long index)
    {
        // Python numbers what it remembers from 0 on.
        if (index > _memo.Count)
            throw PickleValue.Invalid($"a memo of number {_memo.Count} at most", $"{index}");
        if (index == _memo.Count)
            _memo.Add(Peek());
        else
            _memo[(int)index] = Peek();
    }

    private object? Recall(long index) => index < _memo.Count ? _memo[(int)index] : throw PickleValue.Invalid($"a memo below number {_memo.Count}", $"{index}");

    private void Charge(int operations)
    {
        if ((_operations += operations) > MaxOperations)
            throw PickleValue.Invalid($"a pickle of {MaxOperations:N0} operations at most", "more");
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Peek()
    {
        RequireValues(1);
        return _stack[^1];
    }

    private object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] Pop(int count)
    {
        RequireValues(count);
        var values = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark() => _marks.TryPop(out var mark) ? Pop(_stack.Count - mark) : throw PickleValue.Invalid("a mark on the stack", "none");

    /// <summary>What lies below the last mark is out of reach.</summary>
    private void RequireValues(int count)
    {
        var above = _stack.Count - (_marks.TryPeek(out var mark) ? mark : 0);
        if (above < count)
            throw PickleValue.Invalid($"{count} values on the stack", $"{above}");
    }

    private byte ReadByte() => stream.ReadByte() is >= 0 and var value ? (byte)value : throw PickleValue.Invalid("a pickle that ends with STOP", "the end of the content");

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
            Push((long)number);
        else
            Push(number);
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
