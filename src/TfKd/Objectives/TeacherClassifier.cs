using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The linear layer by which a teacher makes logits of an image's embedding, the mean over positions of its last stage.</summary>
/// <param name="Weight">[K,C], without gradient, rows in the order of the student's classes.</param>
/// <param name="Bias">[K]; null where the layer has none.</param>
public sealed record TeacherClassifier(Tensor Weight, Tensor? Bias)
{
    /// <summary>The logits of embeddings, differentiable in them.</summary>
    /// <param name="embeddings">[N,C].</param>
    /// <returns>[N,K].</returns>
    public Tensor Classify(Tensor embeddings) =>
        nn.functional.linear(Require.NotNull(embeddings, nameof(embeddings)), Weight, Bias);

    /// <summary>That of a network, without gradient, in the network's own memory; null where its head is no linear layer.</summary>
    internal static TeacherClassifier? Of(ImageNetwork network) => NetworkHead.TryFind(network)?.Module is Linear head
        ? new(head.weight.detach(), head.bias?.detach())
        : null;

    /// <summary>The same with both tensors made anew.</summary>
    internal TeacherClassifier Select(Func<Tensor, Tensor> change) => new(change(Weight), Bias is null ? null : change(Bias));

    /// <summary>Whether it makes a network's logits of what the last stage returned, but for rounding.</summary>
    internal bool Makes(Tensor logits, Tensor lastStage)
    {
        using var scope = NewDisposeScope();
        var embeddings = lastStage.mean([2, 3]);
        if (embeddings.shape[1] != Weight.shape[1])
            return false;
        // The stages of a network in bfloat16 are rounded once more than what its head reads.
        var (made, limit) = (Classify(embeddings), 0.02 * (1 + logits.abs().max().item<float>()));
        return (made - logits).abs().max().item<float>() <= limit;
    }
}
