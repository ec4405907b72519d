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

    /// <summary>The rows without those whose image one of the processes could not decode.</summary>
    /// <param name="share">What this one decoded of them; null: all.</param>
    /// <param name="rows">The rows, as many in each process.</param>
    /// <param name="channel">Takes how many were left out.</param>
    public static IImageSource Readable(DecodingShare? share, DecodedCache rows, IChannel channel) =>
        share?.WithoutUnreadable(rows, channel) ?? rows;

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

    private IImageSource WithoutUnreadable(DecodedCache rows, IChannel channel)
    {
        var own = _unreadable.GetValueOrDefault(rows, []);
        // Other data in one of them is refused by what is compared before the run, of as many rows or not.
        if (!_agreement.Any(own.Count > 0) || !_agreement.IsSameEverywhere($"{rows.Count}"))
            return rows;
        var isUnreadable = new double[rows.Count];
        foreach (var row in own)
            isUnreadable[row] = 1;
        _agreement.Sum(isUnreadable);
        int[] left = [.. Enumerable.Range(0, rows.Count).Where(row => isUnreadable[row] == 0)];
        channel.Warning(
            MessageSensitivity.None,
            "{0} images cannot be decoded and were left out by all processes; each names its own.",
            rows.Count - left.Length);
        return new SourceSubset(rows, left);
    }
}
