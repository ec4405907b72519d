using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What <see cref="KnowledgeReview"/> trains: one level of fusion a stage, the deepest first.</summary>
internal sealed class ReviewState : ObjectiveState
{
    private const int MaxWidth = 512;

    // The field's name is the key of checkpoints.
    private readonly ModuleList<ReviewFusion> levels;

    /// <param name="student">Channels of the student's stages, the deepest first.</param>
    /// <param name="teacher">Those of the teacher's.</param>
    public ReviewState(IReadOnlyList<int> student, IReadOnlyList<int> teacher) : base(nameof(ReviewState))
    {
        var width = Math.Min(MaxWidth, student[0]);
        levels = nn.ModuleList(student.Zip(teacher)
            .Select((pair, level) => new ReviewFusion(pair.First, width, pair.Second, fuses: level > 0)).ToArray());
        RegisterComponents();
    }

    /// <summary>What is compared with each of the teacher's stages.</summary>
    /// <param name="student">The student's, the deepest first.</param>
    /// <param name="teacher">The teacher's, whose sizes count.</param>
    /// <param name="rowWeights">[N], or null.</param>
    public IReadOnlyList<Tensor> Review(IReadOnlyList<Tensor> student, IReadOnlyList<Tensor> teacher, Tensor? rowWeights)
    {
        var (compared, above) = (new List<Tensor>(), (Tensor?)null);
        for (var level = 0; level < levels.Count; level++)
        {
            var (made, handedOn) =
                levels[level].Fuse(student[level], above, (teacher[level].shape[2], teacher[level].shape[3]), rowWeights);
            compared.Add(made);
            above = handedOn;
        }

        return compared;
    }
}
