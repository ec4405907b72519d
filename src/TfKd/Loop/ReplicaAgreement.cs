using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What the processes of a run settle with one another: whether to go on, and what each must have as the others have it. Alone there is
/// nothing to settle, and each member gives back what it got.
/// </summary>
/// <param name="replicas">The processes; null: there is one.</param>
internal sealed class ReplicaAgreement(Replicas? replicas)
{
    // With the exception, and not here: a teacher may be trained first, in a run with an agreement of its own, and end this one, too.
    private static readonly ConditionalWeakTable<Exception, ReplicaAgreement> _settled = [];

    /// <summary>The processes; null: there is one.</summary>
    public Replicas? Replicas { get; } = replicas;

    /// <summary>What this process takes of rows.</summary>
    public ReplicaShare Share { get; } = ReplicaShare.Of(replicas);

    /// <summary>What reads are cancelled by: several processes stop between steps only, and all at one.</summary>
    public CancellationToken TokenFor(CancellationToken token) => Replicas is null ? token : CancellationToken.None;

    /// <summary>Whether any process says yes.</summary>
    public bool Any(bool here) => Replicas is null ? here : Any([here])[0];

    /// <summary>For each question whether any process says yes.</summary>
    public bool[] Any(params ReadOnlySpan<bool> here)
    {
        if (Replicas is null)
            return here.ToArray();
        var counts = new double[here.Length];
        for (var i = 0; i < here.Length; i++)
            counts[i] = here[i] ? 1 : 0;
        return Array.ConvertAll(Sum(counts), count => count > 0);
    }

    /// <summary>The sums of numbers over all processes.</summary>
    public double[] Sum(double[] values)
    {
        Replicas?.Sum(values.AsSpan());
        return values;
    }

    /// <summary>The sums of what the processes' logs of losses hold.</summary>
    public IReadOnlyList<LossSum> Sum(IReadOnlyList<LossSum> sums)
    {
        if (Replicas is null)
            return sums;
        // A process without rows has no terms, and none has terms that the first has not.
        var own = sums.ToDictionary(sum => sum.Term);
        var terms = OfFirst(string.Join('\n', sums.Select(sum => sum.Term)))!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var totals = Sum([.. terms.SelectMany(term => own.TryGetValue(term, out var sum) ? new[] { sum.Sum, sum.Count } : [0, 0])]);
        return [.. terms.Select((term, i) => new LossSum(term, totals[2 * i], totals[2 * i + 1]))];
    }

    /// <summary>The text of rank 0, or null where that has none.</summary>
    public string? OfFirst(string? text)
    {
        if (Replicas is null)
            return text;
        return OfFirst(text is null ? null : Encoding.UTF8.GetBytes(text)) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    /// <summary>The number of rank 0.</summary>
    public int OfFirst(int number)
    {
        Replicas?.Broadcast(MemoryMarshal.AsBytes(new Span<int>(ref number)));
        return number;
    }

    /// <summary>The bytes of rank 0, or null where that has none.</summary>
    public byte[]? OfFirst(byte[]? bytes)
    {
        if (Replicas is null)
            return bytes;
        var count = OfFirst(bytes?.Length ?? -1);
        if (count < 0)
            return null;
        if (Replicas.Rank > 0)
            bytes = new byte[count];
        Replicas.Broadcast(bytes);
        return bytes;
    }

    /// <summary>Whether all processes have the same text.</summary>
    public bool IsSameEverywhere(string text) => !Any(OfFirst(text) != text);

    /// <summary>Gives each process the values that rank 0 has in tensors, which are as many and of one shape in each.</summary>
    public void TakeOfFirst(IEnumerable<Tensor> tensors)
    {
        if (Replicas is null)
            return;
        using var noGradient = no_grad();
        foreach (var tensor in tensors)
        {
            using var scope = NewDisposeScope();
            var values = tensor.cpu().contiguous();
            if (values.numel() > 0)
                Replicas.Broadcast(values.bytes);
            if (Replicas.Rank > 0)
                tensor.copy_(values);
        }
    }

    /// <summary>Gives each process the means of the values in floating-point tensors; others stay as they are.</summary>
    public void Average(IEnumerable<Tensor> tensors)
    {
        if (Replicas is null)
            return;
        using var noGradient = no_grad();
        foreach (var tensor in tensors.Where(tensor => tensor.is_floating_point() && tensor.numel() > 0))
        {
            using var scope = NewDisposeScope();
            var values = tensor.cpu().to(ScalarType.Float64, copy: true).contiguous();
            Replicas.Sum(MemoryMarshal.Cast<byte, double>(values.bytes));
            tensor.copy_(values / Replicas.Count);
        }
    }

    /// <summary>Does what any of the processes may refuse to: then all of them end, each with its own reason where it has one.</summary>
    public void Settle(Action check)
    {
        if (Replicas is null)
        {
            check();
            return;
        }

        ExceptionDispatchInfo? refusal = null;
        try
        {
            check();
        }
        catch (Exception exception)
        {
            refusal = ExceptionDispatchInfo.Capture(exception);
        }

        if (!Any(refusal is not null))
            return;
        if (refusal is not null)
        {
            MarkSettled(refusal.SourceException);
            refusal.Throw();
        }

        throw MarkSettled(
            new InvalidOperationException("Another process of the run refused it, and says why; this one would have gone on."));
    }

    /// <summary>Ends the run where any process was cancelled.</summary>
    /// <param name="isCancelled">Whether one was.</param>
    /// <param name="token">This process's.</param>
    /// <exception cref="OperationCanceledException">One was.</exception>
    public void EndWhereCancelled(bool isCancelled, CancellationToken token)
    {
        if (isCancelled)
            throw MarkSettled(new OperationCanceledException(token));
    }

    /// <summary>Whether the processes settled that the run ends by an exception.</summary>
    public static bool IsSettled(Exception exception) => _settled.TryGetValue(exception, out _);

    /// <summary>Whether all processes know of the end of the run by an exception, so that none waits for another.</summary>
    public bool KnowsOf(Exception exception) => Replicas is null || IsSettled(exception) || exception is TrainingDivergedException;

    private Exception MarkSettled(Exception exception)
    {
        _settled.AddOrUpdate(exception, this);
        return exception;
    }
}
