namespace TfKd.MLNet;

/// <summary>Pieces of memory read one after the other, as if they were one.</summary>
/// <param name="parts">The pieces.</param>
/// <param name="length">Their length in all.</param>
internal sealed class PartsStream(IReadOnlyList<ReadOnlyMemory<byte>> parts, long length) : Stream
{
    private int _part;
    private int _offset;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            (_part, _position) = (0, value);
            while (_part < parts.Count && value >= parts[_part].Length)
                value -= parts[_part++].Length;
            _offset = (int)Math.Min(value, int.MaxValue);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var count = 0;
        while (_part < parts.Count && count < buffer.Length)
        {
            var rest = parts[_part].Span[_offset..];
            var copied = Math.Min(rest.Length, buffer.Length - count);
            rest[..copied].CopyTo(buffer[count..]);
            (count, _offset) = (count + copied, _offset + copied);
            if (copied == rest.Length)
                (_part, _offset) = (_part + 1, 0);
        }

        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
