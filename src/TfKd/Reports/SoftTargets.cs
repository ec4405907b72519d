namespace TfKd;

/// <summary>
/// The targets of one sample as the temperature grows. At a temperature of 1 they are the teacher's answer, and with it they come closer to
/// the uniform distribution that label smoothing mixes in: the comparison of Yuan et al., 'Revisiting Knowledge Distillation via Label
/// Smoothing Regularization', CVPR 2020, section 3.
/// </summary>
/// <param name="Teacher">Who teaches, in words.</param>
/// <param name="OwnTemperature">The temperature of the objective.</param>
/// <param name="Classes">The classes, the most probable first.</param>
/// <param name="Targets">The probabilities of these classes at each temperature, in ascending order.</param>
internal sealed record SoftTargets(
    string Teacher,
    double OwnTemperature,
    IReadOnlyList<string> Classes,
    IReadOnlyList<(double Temperature, double[] Probabilities)> Targets)
{
    private static readonly double[] _temperatures = [1, 2, 5, 10, 20];

    /// <summary>Those of the teacher of a run, or of the virtual one inside its objective; null without either.</summary>
    public static SoftTargets? Of(TrainingPlan plan, TeacherExample? example, IReadOnlyList<string> classNames)
    {
        var logits = example is null ? [] : example.Logits.ToArray();
        var label = example?.Label ?? 0;
        if (plan.Objective.SoftTargetOf(label, classNames.Count, logits) is not { } own)
            return null;
        // A virtual teacher tells the sample's class from the others and no more.
        int[] order = [.. Enumerable.Range(0, classNames.Count)];
        string[] names = ["the sample's class", .. Enumerable.Range(1, classNames.Count - 1).Select(k => $"another class ({k})")];
        var teacher = $"The virtual teacher of {own.Source}, on any sample";
        if (example is not null)
        {
            order = [.. order.OrderByDescending(k => logits[k])];
            names = [.. order.Select(k => classNames[k])];
            teacher = $"{plan.Teacher}, on a training sample of the class '{classNames[label]}'";
        }

        return new(teacher, own.Temperature, names, [.. _temperatures.Append(own.Temperature).Distinct().Order().Select(temperature =>
        {
            var target = plan.Objective.SoftTargetOf(label, classNames.Count, logits, temperature)!;
            return (temperature, Array.ConvertAll(order, k => target.Probabilities[k]));
        })]);
    }
}
