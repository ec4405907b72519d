namespace TfKd;

/// <summary>
/// The student's own architecture, trained before it: Tf-KD_self with one generation. With more, each generation is taught by the one
/// before with the plan's objective, and the last teaches the student: born-again networks.
/// </summary>
/// <remarks>
/// Equation 7 of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020; Furlanello, Lipton,
/// Tschannen, Itti and Anandkumar, 'Born-Again Neural Networks', ICML 2018. Each generation takes as many epochs as the student and begins
/// from other random weights.
/// </remarks>
/// <example><code>
/// var teacher = new SelfTeacher { Generations = 2 };
/// </code></example>
public sealed record SelfTeacher : TeacherSource
{
    /// <summary>Networks that are trained before the student, above 0; default 1.</summary>
    public int Generations { get; init => field = Require.Positive(value); } = 1;

    /// <summary>What the first generation, which has no teacher, minimises. Default: <see cref="CrossEntropy"/>.</summary>
    public Objective Initial { get; init => field = Require.NotNull(value); } = new CrossEntropy();

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        var training = context.RequireTeacherTraining(this);
        var network = training.Train(new TeacherTrainingRequest { Objective = Initial });
        for (var generation = 1; generation < Generations; generation++)
        {
            using var before = network;
            network = training.Train(new TeacherTrainingRequest { Teacher = new GivenNetworkTeacher(before) });
        }

        return NetworkTeacher.Own(network, context.ClassNames, context);
    }

    /// <summary>A network at hand, that stays its owner's; its fingerprint tells it from others.</summary>
    private sealed record GivenNetworkTeacher([property: NotIdentity] ImageNetwork Network) : TeacherSource
    {
        public override bool TakesSeveralLabels => true;

        protected override Teacher OpenCore(TeacherContext context) =>
            new NetworkTeacher(Network, context.ClassNames, context, ownsNetwork: false);

        public override string ToString() => nameof(SelfTeacher);
    }
}
