using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A fixed teacher that is asked once for each view of a training row, and each time for other images. It owns the teacher.
/// </summary>
internal sealed class CachedTeacher(Teacher teacher, TeacherCacheFormat format, TeacherCacheViews views) : Teacher
{
    private readonly byte[] _row = new byte[format.RowBytes];

    /// <inheritdoc/>
    public override string? Fingerprint => teacher.Fingerprint;

    /// <inheritdoc/>
    public override bool KnowsTrainingRowsOnly => teacher.KnowsTrainingRowsOnly;

    /// <inheritdoc/>
    public override void OnStepEnd(long stepCount) => teacher.OnStepEnd(stepCount);

    /// <inheritdoc/>
    public override void OnEpochEnd() => teacher.OnEpochEnd();

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, Tensor>> ReadState() => teacher.ReadState();

    /// <inheritdoc/>
    public override void LoadState(IReadOnlyDictionary<string, Tensor> state) => teacher.LoadState(state);

    /// <inheritdoc/>
    protected override TeacherSignal TeachCore(ImageBatch batch)
    {
        if (batch.RowIds.Count == 0 || batch.View == ImageBatch.Unaugmented)
            return teacher.Teach(batch);
        var answers = empty(batch.RowIds.Count, format.ClassCount, ScalarType.Float32);
        var store = views.Of(batch.View);
        // All or none: a teacher that met batches of any size would have its kernels checked for each of them.
        if (store is null || !Recall(store, batch.RowIds, MemoryMarshal.Cast<byte, float>(answers.bytes)))
            Ask(store, batch, MemoryMarshal.Cast<byte, float>(answers.bytes));
        return new TeacherSignal(DeviceCopy.To(answers, batch.Images.device));
    }

    /// <inheritdoc/>
    protected override void DisposeCore()
    {
        try
        {
            views.Dispose();
        }
        finally
        {
            teacher.Dispose();
        }
    }

    /// <summary>False where one of the rows is not known, or not any more.</summary>
    private bool Recall(TeacherCacheStore store, IReadOnlyList<int> rows, Span<float> answers)
    {
        if (!rows.All(store.IsKnown))
            return false;
        for (var i = 0; i < rows.Count; i++)
        {
            if (!store.TryRead(rows[i], _row))
                return false;
            format.Decode(_row, answers.Slice(i * format.ClassCount, format.ClassCount));
        }

        return true;
    }

    private void Ask(TeacherCacheStore? store, ImageBatch batch, Span<float> answers)
    {
        var rows = batch.RowIds;
        var logits = teacher.Teach(batch).Logits;
        var plain = logits.to(ScalarType.Float32).cpu().contiguous();
        var given = MemoryMarshal.Cast<byte, float>(plain.bytes);
        for (var i = 0; i < rows.Count; i++)
        {
            var isKnown = store is not null && store.TryRead(rows[i], _row);
            if (!isKnown)
                format.Encode(given.Slice(i * format.ClassCount, format.ClassCount), _row);
            var answer = answers.Slice(i * format.ClassCount, format.ClassCount);
            // Read back even now: a run computes the same whether it finds an answer or makes it.
            format.Decode(_row, answer);
            // A teacher that fails is not remembered for it.
            if (store is not null && !isKnown && !HasNaN(answer))
                store.Add(rows[i], _row);
        }
    }

    private static bool HasNaN(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (float.IsNaN(value))
                return true;
        }

        return false;
    }
}
