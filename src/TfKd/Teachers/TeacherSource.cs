using System.Text;

namespace TfKd;

/// <summary>
/// Where the target distributions come from: a plain value that a training run opens. Deriving a record and overriding
/// <see cref="OpenCore"/> brings a teacher of your own.
/// </summary>
public abstract record TeacherSource
{
    /// <summary>
    /// The sources this one is made of; none by default. One that wraps others must name them: a run looks at them before it opens any.
    /// </summary>
    public virtual IReadOnlyList<TeacherSource> Parts => [];

    /// <summary>
    /// Whether the teacher can answer with features by stage (<see cref="TeacherContext.WithFeatures"/>). Default true; where it is false,
    /// an objective on the teacher's features is refused before the teacher is opened, and otherwise when its first answer has none.
    /// </summary>
    public virtual bool GivesFeatures => true;

    /// <summary>
    /// Whether the teacher answers for training rows by their number, whatever their pixels are: a run that mixes images is then refused
    /// before the teacher is opened, and otherwise when it is (<see cref="Teacher.KnowsTrainingRowsOnly"/>). Default: where one of its
    /// <see cref="Parts"/> does; false without parts.
    /// </summary>
    public virtual bool KnowsTrainingRowsOnly => Parts.Any(part => part.KnowsTrainingRowsOnly);

    /// <summary>
    /// Whether the teacher has something to say of samples without a label: false where its answer is made of labels. Default: where all of
    /// its <see cref="Parts"/> have; true without parts.
    /// </summary>
    public virtual bool TakesUnlabelledSamples => Parts.All(part => part.TakesUnlabelledSamples);

    /// <summary>
    /// Whether its logits can be those of samples that may have several labels: one yes or no a class, of which a sigmoid makes a
    /// probability, and no softmax. Default: where those of all of its <see cref="Parts"/> can; false without parts.
    /// </summary>
    public virtual bool TakesSeveralLabels => Parts.Count > 0 && Parts.All(part => part.TakesSeveralLabels);

    /// <summary>Opens the teacher; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">The teacher does not fit the student's classes or images.</exception>
    public Teacher Open(TeacherContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return OpenCore(context);
    }

    /// <summary>The source itself, its parts, and theirs.</summary>
    internal IEnumerable<TeacherSource> SelfAndParts() => [this, .. Parts.SelectMany(part => part.SelfAndParts())];

    /// <summary>Opens the teacher; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">The teacher does not fit the student's classes or images.</exception>
    protected abstract Teacher OpenCore(TeacherContext context);

    /// <summary>Keeps what follows from the source's type out of the text of the derived records.</summary>
    protected virtual bool PrintMembers(StringBuilder builder) => false;
}
