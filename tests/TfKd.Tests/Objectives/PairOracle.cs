using TorchSharp;

namespace TfKd.Tests;

/// <summary>The objectives on one stage of each network by neighbours, kernels, maps or likelihoods, in plain arithmetic.</summary>
internal static class PairOracle
{
    /// <summary>Three maps of channels [out][in] and the variances of the last one's channels.</summary>
    public sealed record Normal(double[][] First, double[][] Second, double[][] Third, double[] Variances)
    {
        public static Normal Of(ObjectiveState state)
        {
            var parameters = state.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
            double[][] Rows(string name) =>
                [.. parameters[name].data<double>().ToArray().Chunk((int)parameters[name].shape[1])];
            return new(
                Rows("first.weight"),
                Rows("second.weight"),
                Rows("third.weight"),
                [.. parameters["scale"].data<double>().ToArray().Select(value => Math.Log(1 + Math.Exp(value)) + 1e-5)]);
        }

        public double[] Mean(double[] input) => Map(Third, Positive(Map(Second, Positive(Map(First, input)))));

        private static double[] Map(double[][] weight, double[] input) => [.. weight.Select(row => Product(row, input))];

        private static double[] Positive(double[] values) => [.. values.Select(value => Math.Max(value, 0))];
    }

    public static double Neighbours(double[][] student, double[][] teacher)
    {
        var rows = Enumerable.Range(0, student.Length).ToArray();
        return rows.Average(i =>
        {
            var (ours, theirs) = (Shares(student, i), Shares(teacher, i));
            return rows.Average(j => theirs[j] * Math.Log(theirs[j] / ours[j]));
        });

        double[] Shares(double[][] x, int i)
        {
            var nearness = x.Select(other => (1 + Product(Unit(x[i]), Unit(other))) / 2).ToArray();
            return [.. nearness.Select(value => value / nearness.Sum())];
        }
    }

    public static double Correlations(double[][] student, double[][] teacher, double gamma, int order)
    {
        var rows = Enumerable.Range(0, student.Length).ToArray();
        return rows.Average(i => rows.Average(j => Math.Pow(Kernel(student, i, j) - Kernel(teacher, i, j), 2)));

        double Kernel(double[][] x, int i, int j) => Enumerable.Range(0, order + 1).Sum(power =>
            Math.Exp(-2 * gamma) * Math.Pow(2 * gamma * Product(Unit(x[i]), Unit(x[j])), power) / Factorial(power));
    }

    public static double Selectivities(FeatureBatch batch, int studentStage, int teacherStage) => OfRows(
        batch, studentStage, teacherStage, (ours, theirs) => Kernel(theirs, theirs) + Kernel(ours, ours) - 2 * Kernel(ours, theirs));

    public static double Likelihood(FeatureBatch batch, int studentStage, int teacherStage, Normal normal) => OfRows(
        batch, studentStage, teacherStage, (ours, theirs) => Enumerable.Range(0, ours[0].Length).Average(place =>
        {
            var mean = normal.Mean([.. ours.Select(channel => channel[place])]);
            return mean
                .Select((value, channel) => (Math.Pow(value - theirs[channel][place], 2) / normal.Variances[channel]
                    + Math.Log(normal.Variances[channel])) / 2)
                .Average();
        }));

    // Both [channel][place], of one size.
    private static double OfRows(FeatureBatch batch, int studentStage, int teacherStage, Func<double[][], double[][], double> value)
    {
        var (student, teacher) = (FeatureBatch.StudentStages[studentStage], FeatureBatch.TeacherStages[teacherStage]);
        var (height, width) = (Math.Min(student.Height, teacher.Height), Math.Min(student.Width, teacher.Width));
        return Enumerable.Range(0, batch.Logits.Rows).Average(row => value(
            FeatureOracle.Pool(batch.Student[studentStage][row], student, height, width),
            FeatureOracle.Pool(batch.Teacher[teacherStage][row], teacher, height, width)));
    }

    private static double Kernel(double[][] a, double[][] b) =>
        a.Average(map => b.Average(other => Math.Pow(Product(Unit(map), Unit(other)), 2)));

    private static double[] Unit(double[] vector)
    {
        var length = Math.Sqrt(Product(vector, vector));
        return [.. vector.Select(value => value / length)];
    }

    private static double Product(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Factorial(int number) => Enumerable.Range(1, number).Aggregate(1.0, (product, factor) => product * factor);
}
