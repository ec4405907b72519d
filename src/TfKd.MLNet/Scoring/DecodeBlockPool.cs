namespace TfKd.MLNet;

/// <summary>
/// The blocks of a transformer that no cursor uses at the moment: a cursor for a few rows would otherwise allocate many times what they
/// take. Safe for concurrent use.
/// </summary>
internal sealed class DecodeBlockPool(ImageShape shape)
{
    /// <summary>The most memory that is kept; a block that does not fit in is left to the garbage collector.</summary>
    public const long MaxBytes = 128 << 20;

    private readonly List<DecodeBlock> _blocks = [];
    private readonly Lock _access = new();
    private bool _isClosed;

    public DecodeBlock Rent(int capacity)
    {
        lock (_access)
        {
            var index = _blocks.FindLastIndex(block => block.Capacity == capacity);
            if (index >= 0)
            {
                var block = _blocks[index];
                _blocks.RemoveAt(index);
                return block;
            }
        }

        return new DecodeBlock(shape, capacity);
    }

    /// <summary>Takes a block that nobody uses any more.</summary>
    public void Return(DecodeBlock block)
    {
        block.Clear();
        lock (_access)
        {
            if (!_isClosed && _blocks.Sum(other => other.Bytes) + block.Bytes <= MaxBytes)
                _blocks.Add(block);
        }
    }

    /// <summary>Lets go of all that is kept, and keeps nothing from now on.</summary>
    public void Close()
    {
        lock (_access)
        {
            _isClosed = true;
            _blocks.Clear();
        }
    }
}
