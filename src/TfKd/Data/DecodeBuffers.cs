using System.Numerics;
using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// The buffers of one image at a time, as large as the largest one needed. Kept for the process, not a thread: the pool's threads come and
/// go, and each would allocate its own. Of native memory: an array that one very large image needed would stay until the garbage collector
/// comes round, and others beside it, whatever the limit on images that are decoded at one time.
/// </summary>
internal sealed class DecodeBuffers : IDisposable
{
    // What one very large image needed is not held for good.
    private const long MaxKeptBytes = 64 << 20;

    private static readonly Stack<DecodeBuffers> _free = [];
    private static readonly Lock _access = new();

    private Room _decoded;
    private Room _upright;
    private Room _scaled;

    public Span<byte> Decoded(int length) => _decoded.Of(length);

    public Span<byte> Upright(int length) => _upright.Of(length);

    public Span<byte> Scaled(int length) => _scaled.Of(length);

    public static DecodeBuffers Rent()
    {
        lock (_access)
            return _free.TryPop(out var buffers) ? buffers : new DecodeBuffers();
    }

    public static void Return(DecodeBuffers buffers)
    {
        if (!buffers.TryKeep())
            buffers.Dispose();
    }

    /// <summary>Bytes that they hold.</summary>
    public long Length => _decoded.Length + _upright.Length + _scaled.Length;

    public void Dispose()
    {
        _decoded.Free();
        _upright.Free();
        _scaled.Free();
    }

    private bool TryKeep()
    {
        if (Length > MaxKeptBytes)
            return false;
        lock (_access)
        {
            // More are in use at once only while many callers decode side by side.
            if (_free.Count >= 2 * Environment.ProcessorCount)
                return false;
            _free.Push(this);
            return true;
        }
    }

    private unsafe struct Room
    {
        private void* _address;

        public long Length { get; private set; }

        public Span<byte> Of(int length)
        {
            if (Length < length)
            {
                Free();
                // In powers of two: images of many sizes need few steps. What is not kept is no larger than it must be.
                var size = length > MaxKeptBytes ? (uint)length : BitOperations.RoundUpToPowerOf2((uint)length);
                _address = NativeMemory.Alloc(size);
                Length = size;
            }

            return new(_address, length);
        }

        public void Free()
        {
            NativeMemory.Free(_address);
            _address = null;
            Length = 0;
        }
    }
}
