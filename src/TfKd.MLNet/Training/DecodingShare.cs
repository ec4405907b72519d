using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// Which rows a process decodes and keeps: its own of several processes, where images are files that it can read again, or else all. What
/// only the owner of a row finds out, that its image cannot be decoded, all of them are told.
/// </summary>
internal sealed class DecodingShare
{
    private readonly ReplicaAgreement _agreement;
    private readonly Dictionary<DecodedCache, List<int>> _unreadable = [];

    private DecodingShare(Replicas replicas) => _agreement = new(replicas);

    /// <summary>The share of this process; null: it decodes all.</summary>
    public static DecodingShare? Of(Replicas? replicas) => replicas is { Count: > 1 } ? new(replicas) : null;

    /// <summary>Reads in all processes, which all end where one cannot.</summary>
    public static void Settle(DecodingShare? share, Action read)
    {
        if (share is null)
            read();
        else
            share._agreement.Settle(read);
    }

    /// <summary>Sets of rows without those whose image one of the processes could not decode.</summary>
    /// <param name="share">What this one decoded of them; null: all.</param>
    /// <param name="sets">The sets, all that were read: as many in each process, of as many rows.</param>
    /// <param name="channel">Takes how many were left out.</param>
    public static IReadOnlyList<IImageSource> Readable(DecodingShare? share, IReadOnlyList<DecodedCache> sets, IChannel channel) =>
        share?.WithoutUnreadable(sets, channel) ?? sets;

    /// <summary>The part of all rows that is kept here, about.</summary>
    public double Fraction => 1.0 / _agreement.Share.Count;

    /// <summary>Whether this process decodes a row.</summary>
    /// <param name="row">Its number in the cache.</param>
    public bool Has(int row) => _agreement.Share.Owns(row);

    /// <summary>Takes note that the image of a row, which the cache has, cannot be decoded.</summary>
    public void AddUnreadable(DecodedCache rows, int row)
    {
        if (!_unreadable.TryGetValue(rows, out var found))
            _unreadable[rows] = found = [];
        found.Add(row);
    }

    private IReadOnlyList<IImageSource> WithoutUnreadable(IReadOnlyList<DecodedCache> sets, IChannel channel)
    {
        // Other data in one of them, a set more or fewer rows, is refused by what is compared before the run.
        var counts = string.Join(' ', sets.Select(rows => rows.Count));
        return _agreement.Any(_unreadable.Count > 0) && _agreement.IsSameEverywhere(counts)
            ? [.. sets.Select(rows => WithoutUnreadable(rows, channel))]
            : sets;
    }

    private IImageSource WithoutUnreadable(DecodedCache rows, IChannel channel)
    {
        var isUnreadable = new double[rows.Count];
        foreach (var row in _unreadable.GetValueOrDefault(rows, []))
            isUnreadable[row] = 1;
        _agreement.Sum(isUnreadable);
        int[] left = [.. Enumerable.Range(0, rows.Count).Where(row => isUnreadable[row] == 0)];
        if (left.Length == rows.Count)
            return rows;
        channel.Warning(
            MessageSensitivity.None,
            "{0} images cannot be decoded and were left out by all processes; each names its own.",
            rows.Count - left.Length);
        return new SourceSubset(rows, left);
    }
}
