using System.Numerics;

namespace TfKd;

/// <summary>
/// The buffers of one image at a time, as large as the largest one needed. Kept for the process, not a thread: the pool's threads come and
/// go, and each would allocate its own.
/// </summary>
internal sealed class DecodeBuffers
{
    // What one very large image needed is not held for good.
    private const long MaxKeptBytes = 64 << 20;

    private static readonly Stack<DecodeBuffers> _free = [];
    private static readonly Lock _access = new();

    private byte[] _decoded = [];
    private byte[] _upright = [];
    private byte[] _scaled = [];

    public Span<byte> Decoded(int length) => Room(ref _decoded, length);

    public Span<byte> Upright(int length) => Room(ref _upright, length);

    public Span<byte> Scaled(int length) => Room(ref _scaled, length);

    public static DecodeBuffers Rent()
    {
        lock (_access)
            return _free.TryPop(out var buffers) ? buffers : new DecodeBuffers();
    }

    public static void Return(DecodeBuffers buffers)
    {
        if (buffers._decoded.LongLength + buffers._upright.LongLength + buffers._scaled.LongLength > MaxKeptBytes)
            return;
        lock (_access)
        {
            // More are in use at once only while many callers decode side by side.
            if (_free.Count < 2 * Environment.ProcessorCount)
                _free.Push(buffers);
        }
    }

    // In powers of two: images of many sizes need few steps. What is not kept is no larger than it must be.
    private static Span<byte> Room(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
            buffer = GC.AllocateUninitializedArray<byte>(
                length > MaxKeptBytes ? length : (int)BitOperations.RoundUpToPowerOf2((uint)length));
        return buffer.AsSpan(0, length);
    }
}
