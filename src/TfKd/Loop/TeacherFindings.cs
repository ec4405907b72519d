namespace TfKd;

/// <summary>What a run found of its teacher when it was over.</summary>
/// <param name="Report">The report.</param>
/// <param name="Example">An answer of the teacher.</param>
/// <param name="Predictions">The class that it puts each validation row into; null where it was not asked.</param>
internal sealed record TeacherFindings(TeacherReport Report, TeacherExample? Example, IReadOnlyList<int>? Predictions)
{
    public TrainingResult AddTo(TrainingResult result) =>
        result with { TeacherReport = Report, TeacherExample = Example, TeacherPredictions = Predictions };
}
