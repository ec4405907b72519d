using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace TfKd.Tests;

/// <summary>A name in a pickle.</summary>
internal sealed record PickleName(string Module, string Name);

/// <summary>A call in a pickle.</summary>
internal sealed record PickleCall(string Module, string Name, params object?[] Arguments);

/// <summary>An object of a type in a pickle, with the items of a dictionary where its type is one.</summary>
internal sealed record PickleNew(string Module, string Name, Dictionary<string, object?>? Items = null);

/// <summary>An object of the type that another value stands for.</summary>
internal sealed record PickleMade(object? Type);

/// <summary>A persistent id in a pickle.</summary>
internal sealed record PicklePersistent(object? Id);

/// <summary>An object with attributes in a pickle.</summary>
internal sealed record PickleBuilt(object? Value, object? State);

/// <summary>A text as Python 2 writes it.</summary>
internal sealed record PickleOldText(string Text);

/// <summary>Bytes of opcodes, as they are.</summary>
internal sealed record PickleOpcodes(params byte[] Bytes);

/// <summary>
/// Writes pickles as Python does: protocol 2 and 3 with short names and numbered memos, 4 and 5 with counted ones and names from the stack.
/// Arrays are tuples, lists and dictionaries are themselves.
/// </summary>
internal sealed class PickleWriter(int protocol)
{
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, int> _memo = new(StringComparer.Ordinal);

    public static byte[] Write(object? value, int protocol = 2)
    {
        var writer = new PickleWriter(protocol);
        writer.Append(0x80, (byte)protocol);
        writer.Value(value);
        writer.Append('.');
        return [.. writer._bytes];
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null: Append('N'); break;
            case bool truth: Append(truth ? (byte)0x88 : (byte)0x89); break;
            case long and >= 0 and <= byte.MaxValue and var number: Append((byte)'K', (byte)number); break;
            case long and >= 0 and <= ushort.MaxValue and var number: Append('M', BitConverter.GetBytes((ushort)number)); break;
            case long and >= int.MinValue and <= int.MaxValue and var number: Append('J', BitConverter.GetBytes((int)number)); break;
            case long number: Value((BigInteger)number); break;
            case BigInteger number: Append((byte)0x8a, (byte)number.GetByteCount(), number.ToByteArray()); break;
            case double number: Append('G', BigEndian(number)); break;
            case string text: Text(text); break;
            case PickleOldText old: Append((byte)'U', (byte)old.Text.Length, Encoding.Latin1.GetBytes(old.Text)); break;
            case byte[] bytes: Append((byte)'C', (byte)bytes.Length, bytes); break;
            case List<object?> list: Append(']'); Marked(list, 'e'); break;
            case object?[] tuple: Tuple(tuple); break;
            case Dictionary<string, object?> dictionary:
                Append('}'); Marked(
                dictionary.SelectMany(entry => new[] { entry.Key, entry.Value }), 'u'); break;
            case PickleName name: Name(name.Module, name.Name); break;
            case PickleCall call: Name(call.Module, call.Name); Tuple(call.Arguments); Append('R'); break;
            case PickleNew created: New(created); break;
            case PickleMade made: Value(made.Type); Tuple([]); Append(0x81); break;
            case PicklePersistent persistent: Value(persistent.Id); Append('Q'); break;
            case PickleBuilt built: Value(built.Value); Value(built.State); Append('b'); break;
            case PickleOpcodes opcodes: Append(opcodes.Bytes); break;
            default: throw new ArgumentException($"{value.GetType()} is not written.", nameof(value));
        }
    }

    private void New(PickleNew made)
    {
        Name(made.Module, made.Name);
        Tuple([]);
        Append(0x81);
        if (made.Items is not null)
            Marked(made.Items.SelectMany(entry => new[] { entry.Key, entry.Value }), 'u');
    }

    private void Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        if (_memo.TryGetValue(text, out var index))
        {
            if (index < 256)
                Append((byte)'h', (byte)index);
            else
                Append('j', BitConverter.GetBytes(index));
            return;
        }
        if (protocol < 4 || utf8.Length > byte.MaxValue)
            Append('X', BitConverter.GetBytes(utf8.Length), utf8);
        else
            Append((byte)0x8c, (byte)utf8.Length, utf8);
        index = _memo[text] = _memo.Count;
        if (protocol >= 4)
            Append(0x94);
        else if (index < 256)
            Append((byte)'q', (byte)index);
        else
            Append('r', BitConverter.GetBytes(index));
    }

    private void Name(string module, string name)
    {
        if (protocol < 4)
        {
            Append('c', Encoding.UTF8.GetBytes($"{module}\n{name}\n"));
            return;
        }
        Text(module);
        Text(name);
        Append(0x93);
    }

    private void Tuple(object?[] items)
    {
        if (items.Length > 3)
        {
            Marked(items, 't');
            return;
        }
        foreach (var item in items)
            Value(item);
        Append(items.Length == 0 ? (byte)')' : (byte)(0x84 + items.Length));
    }

    private void Marked(IEnumerable<object?> items, char opcode)
    {
        Append('(');
        foreach (var item in items)
            Value(item);
        Append(opcode);
    }

    private void Append(char opcode, params byte[][] rest)
    {
        _bytes.Add((byte)opcode);
        foreach (var part in rest)
            _bytes.AddRange(part);
    }

    private void Append(byte opcode, byte operand, byte[] rest)
    {
        Append(opcode, operand);
        _bytes.AddRange(rest);
    }

    private void Append(params byte[] bytes) => _bytes.AddRange(bytes);

    private static byte[] BigEndian(double number)
    {
        var bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
        return bytes;
    }
}
