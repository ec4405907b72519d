using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A fixed teacher that is asked once for each view of a row. It owns the teacher.</summary>
internal sealed class CachedTeacher(IFixedTeacher teacher, AnswerFormat format, AnswerShelf shelf) : ITeacher
{
    /// <summary>The teacher itself: what it is, and what it says of images that are no training rows.</summary>
    public static ITeacher? Unwrap(ITeacher? teacher) => teacher is CachedTeacher cached ? cached.Inner : teacher;

    private readonly byte[] _row = new byte[format.RowBytes];

    private ITeacher Inner => teacher;

    public TeacherSignal Teach(ImageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        var answers = empty(batch.RowIds.Count, format.ClassCount, ScalarType.Float32);
        var store = shelf.Of(batch.View);
        // All or none: a teacher that met batches of any size would have its kernels checked for each of them.
        if (store is not null && batch.RowIds.All(store.IsKnown))
            Recall(store, batch.RowIds, MemoryMarshal.Cast<byte, float>(answers.bytes));
        else
            Ask(store, batch, MemoryMarshal.Cast<byte, float>(answers.bytes));
        return new TeacherSignal(answers.to(batch.Images.device).MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        shelf.Dispose();
        teacher.Dispose();
    }

    private void Recall(AnswerStore store, IReadOnlyList<int> rows, Span<float> answers)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            store.Read(rows[i], _row);
            format.Decode(_row, answers.Slice(i * format.ClassCount, format.ClassCount));
        }
    }

    private void Ask(AnswerStore? store, ImageBatch batch, Span<float> answers)
    {
        var rows = batch.RowIds;
        var logits = teacher.Teach(batch).Logits;
        if (logits.dim() != 2 || logits.shape[0] != rows.Count || logits.shape[1] != format.ClassCount)
            throw new InvalidOperationException($"The teacher must answer with logits of shape [{rows.Count},{format.ClassCount}], but answered with {Require.ShapeText(logits)}.");
        var plain = logits.detach().to(ScalarType.Float32).cpu().contiguous();
        var given = MemoryMarshal.Cast<byte, float>(plain.bytes);
        for (var i = 0; i < rows.Count; i++)
        {
            var isKnown = store is not null && store.IsKnown(rows[i]);
            if (isKnown)
                store!.Read(rows[i], _row);
            else
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
