namespace TfKd;

/// <summary>
/// The targets of one row as the temperature grows. At a temperature of 1 they are the teacher's answer, and with it they come closer to the uniform distribution that label smoothing mixes in:
/// the comparison of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, section 3.
/// </summary>
/// <param name="Teacher">Who teaches, in words.</param>
/// <param name="OwnTemperature">The temperature of the objective.</param>
/// <param name="Classes">The classes, the most probable first.</param>
/// <param name="Targets">The probabilities of these classes at each temperature, in ascending order.</param>
internal sealed record SoftTargets(string Teacher, double OwnTemperature, IReadOnlyList<string> Classes, IReadOnlyList<(double Temperature, double[] Probabilities)> Targets)
{
    private static readonly double[] _temperatures = [1, 2, 5, 10, 20];

    /// <summary>Those of the teacher of a run, or of the virtual one inside its objective; null without either.</summary>
    public static SoftTargets? Of(TrainingPlan plan, TeacherExample? example, IReadOnlyList<string> classNames)
    {
        if (example is not null)
            return OfAnswer(plan, example, classNames);
        return Flatten(plan.Objective).OfType<TfKdRegularization>().FirstOrDefault() is { } objective ? OfVirtualTeacher(objective, classNames.Count) : null;
    }

    private static SoftTargets OfAnswer(TrainingPlan plan, TeacherExample example, IReadOnlyList<string> classNames)
    {
        int[] order = [.. Enumerable.Range(0, classNames.Count).OrderByDescending(k => example.Logits[k])];
        return new(
            $"{plan.Teacher}, on a training row of the class '{classNames[example.Label]}'", plan.Objective.TeacherTemperature, [.. order.Select(k => classNames[k])],
            [.. Temperatures(plan.Objective.TeacherTemperature).Select(temperature => (temperature, Soften(temperature)))]);

        double[] Soften(double temperature)
        {
            double[] powers = [.. order.Select(k => Math.Exp((example.Logits[k] - (double)example.Logits[order[0]]) / temperature))];
            return [.. powers.Select(power => power / powers.Sum())];
        }
    }

    private static SoftTargets OfVirtualTeacher(TfKdRegularization objective, int classCount) => new(
        $"The virtual teacher of {objective}, on any row", objective.Temperature, ["the row's class", .. Enumerable.Range(1, classCount - 1).Select(k => $"another class ({k})")],
        [.. Temperatures(objective.Temperature).Select(temperature =>
        {
            var softened = VirtualDistribution.Soften(classCount, objective.CorrectProbability, temperature, objective.Form);
            return (temperature, (double[])[softened.Correct, .. Enumerable.Repeat(softened.Other, classCount - 1)]);
        })]);

    private static IEnumerable<double> Temperatures(double own) => _temperatures.Append(own).Distinct().Order();

    private static IEnumerable<Objective> Flatten(Objective objective) => objective.Parts.SelectMany(Flatten).Prepend(objective);
}
