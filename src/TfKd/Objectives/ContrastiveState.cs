using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What <see cref="ContrastiveRepresentation"/> keeps: two trained embeddings, and what they have made of each training row, for student
/// and teacher.
/// </summary>
internal sealed class ContrastiveState : ObjectiveState
{
    // The fields' names are the keys of checkpoints.
    private readonly Linear student;
    private readonly Linear teacher;
    private readonly Tensor studentRows;
    private readonly Tensor teacherRows;
    private readonly Tensor studentLogScale;
    private readonly Tensor teacherLogScale;
    private readonly OtherClassRows _others;

    /// <param name="inputs">Channels of the student's stage and of the teacher's.</param>
    /// <param name="size">Numbers in an embedding.</param>
    /// <param name="others">Draws rows; it is the state's from here on.</param>
    /// <param name="rowCount">How many training rows there are.</param>
    public ContrastiveState((int Student, int Teacher) inputs, int size, OtherClassRows others, int rowCount)
        : base(nameof(ContrastiveState))
    {
        (student, teacher, _others) = (nn.Linear(inputs.Student, size), nn.Linear(inputs.Teacher, size), others);
        var bound = Math.Sqrt(3.0 / size);
        studentRows = (rand(rowCount, size) * 2 - 1) * bound;
        teacherRows = (rand(rowCount, size) * 2 - 1) * bound;
        // No number until the first batch.
        studentLogScale = full(1, double.NaN);
        teacherLogScale = full(1, double.NaN);
        RegisterComponents();
    }

    /// <summary>How many training rows there are.</summary>
    public long RowCount => Buffer(nameof(studentRows)).shape[0];

    /// <summary>The student's embeddings, vectors of length 1, [N,size].</summary>
    public Tensor EmbedStudent(Tensor feature) => Unit(student.call(feature.mean([2, 3])));

    /// <summary>The teacher's, whose map is trained, too.</summary>
    public Tensor EmbedTeacher(Tensor feature) => Unit(teacher.call(feature.mean([2, 3])));

    /// <summary>The rows themselves, and rows of other classes, [N,1+count].</summary>
    public Tensor Candidates(Tensor rows, int count) => cat([rows.unsqueeze(1), _others.Draw(rows, count)], 1);

    /// <summary>
    /// The logarithm of how near the student's embeddings are to what is kept of the teacher's, for each candidate: 1 / n on average.
    /// </summary>
    public Tensor StudentLogNearness(Tensor embeddings, Tensor candidates, double temperature) =>
        LogNearness(embeddings, candidates, temperature, Buffer(nameof(teacherRows)), Buffer(nameof(studentLogScale)));

    /// <summary>The same of the teacher's embeddings and of what is kept of the student's.</summary>
    public Tensor TeacherLogNearness(Tensor embeddings, Tensor candidates, double temperature) =>
        LogNearness(embeddings, candidates, temperature, Buffer(nameof(studentRows)), Buffer(nameof(teacherLogScale)));

    /// <summary>Moves what is kept of rows towards their new embeddings.</summary>
    public void Keep(Tensor rows, Tensor ofStudent, Tensor ofTeacher, double momentum)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Move(Buffer(nameof(studentRows)), ofStudent);
        Move(Buffer(nameof(teacherRows)), ofTeacher);

        void Move(Tensor kept, Tensor embeddings) =>
            kept.index_copy_(0, rows, Unit(momentum * kept.index_select(0, rows) + (1 - momentum) * embeddings));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _others.Dispose();
        base.Dispose(disposing);
    }

    private static Tensor Unit(Tensor embeddings) => nn.functional.normalize(embeddings);

    // In logarithms: the exponential of 1 / temperature is soon above the largest float32.
    private static Tensor LogNearness(Tensor embeddings, Tensor candidates, double temperature, Tensor kept, Tensor logScale)
    {
        // A copy: what is kept changes before gradients are computed.
        var similarities = embeddings.mm(kept.clone().t()).gather(1, candidates) / temperature;
        using (no_grad())
        {
            var logMean = similarities.flatten().logsumexp(0) - Math.Log(similarities.numel());
            logScale.copy_(where(logScale.isnan(), logMean + Math.Log(kept.shape[0]), logScale));
        }

        return similarities - logScale.clone();
    }

    // By name: the module replaces its tensors when it moves to another device.
    private Tensor Buffer(string name) => get_buffer(name)!;
}
