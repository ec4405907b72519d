using TorchSharp;

namespace TfKd.Tests;

/// <summary>
/// Objectives that send the student's features through trained layers once more, in plain doubles: maps are [row][channel][place].
/// </summary>
internal static class RepresentationOracle
{
    private static readonly double[][] _classifier = [.. Numbers(4 * 4, 1).Chunk(4)];

    /// <summary>The classifier of the teacher of a <see cref="FeatureBatch"/>: four channels to four classes.</summary>
    public static TeacherClassifier Classifier => new(
        torch.tensor(_classifier.SelectMany(row => row).ToArray(), [4, 4], torch.ScalarType.Float64),
        torch.tensor(Numbers(4, 2), torch.ScalarType.Float64));

    public static double SoftmaxRegression(FeatureBatch batch, SoftmaxRegressionRepresentation o, int stage, ObjectiveState state)
    {
        var weights = Weights.Of(state);
        var maps = Standardize(Linear(Maps(batch.Student[stage], FeatureBatch.StudentStages[stage]), weights["linear.weight"], null),
            weights["norm.weight"][0], weights["norm.bias"][0]);
        var ours = maps.Select(row => row.Select(channel => channel.Average(value => Math.Max(value, 0))).ToArray()).ToArray();
        var theirs = FeatureOracle.Embeddings(batch.Teacher[2], FeatureBatch.TeacherStages[2]);
        return ours.Zip(theirs, (a, b) =>
            o.FeatureWeight * Squares(a, b) + o.RegressionWeight * Squares(Classify(a), Classify(b))).Average();
    }

    public static double Review(FeatureBatch batch, int pairs, ObjectiveState state)
    {
        var weights = Weights.Of(state);
        var (sum, above, aboveShape) = (0.0, Array.Empty<double[][]>(), new ImageShape(0, 0, 0));
        for (var level = 0; level <= pairs; level++)
        {
            var (ours, shape) = Level(batch.Student, FeatureBatch.StudentStages, level);
            var (theirs, target) = Level(batch.Teacher, FeatureBatch.TeacherStages, level);
            var fused = Standardize(Linear(ours, weights[$"levels.{level}.reduce.weight"], null),
                weights[$"levels.{level}.reduceNorm.weight"][0], weights[$"levels.{level}.reduceNorm.bias"][0]);
            if (level > 0)
                fused = Attend(fused, Nearest(above, aboveShape, shape),
                    weights[$"levels.{level}.attention.weight"], weights[$"levels.{level}.attention.bias"][0]);
            (above, aboveShape) = (Nearest(fused, shape, target), target);
            var made = Standardize(Convolve(above, target, weights[$"levels.{level}.expand.weight"]),
                weights[$"levels.{level}.expandNorm.weight"][0], weights[$"levels.{level}.expandNorm.bias"][0]);
            sum += made.Zip(theirs, (a, b) => Context(a, b, target)).Average();
        }

        return sum;
    }

    public static double Overhaul(FeatureBatch batch, int pairs, ObjectiveState state)
    {
        var (weights, sum) = (Weights.Of(state), 0.0);
        for (var level = 0; level < pairs; level++)
        {
            var (ours, shape) = Level(batch.Student, FeatureBatch.StudentStages, level + 1);
            var (theirs, target) = Level(batch.Teacher, FeatureBatch.TeacherStages, level + 1);
            var (height, width) = (Math.Min(shape.Height, target.Height), Math.Min(shape.Width, target.Width));
            var made = Standardize(Linear(Pool(ours, shape), weights[$"pairs.{level}.linear.weight"], null),
                weights[$"pairs.{level}.norm.weight"][0], weights[$"pairs.{level}.norm.bias"][0]);
            sum += made.Zip(Pool(Limit(theirs), target), (map, other) => map.Zip(other, Missed).Sum()).Average() / Math.Pow(2, level);

            double[][][] Pool(double[][][] maps, ImageShape of) => [.. maps.Select(map =>
                FeatureOracle.Pool([.. map.SelectMany(channel => channel)], of, height, width))];
        }

        return sum;
    }

    // At least the mean of what is below 0 in a channel.
    private static double[][][] Limit(double[][][] maps)
    {
        var least = maps[0].Select((_, c) =>
            maps.SelectMany(map => map[c]).Where(value => value < 0).DefaultIfEmpty(0).Average()).ToArray();
        return [.. maps.Select(map => map.Select((channel, c) => channel.Select(value => Math.Max(value, least[c])).ToArray()).ToArray())];
    }

    // What is below 0 need only be as low.
    private static double Missed(double[] ours, double[] theirs) =>
        ours.Zip(theirs, (s, t) => s <= t && t <= 0 ? 0 : (t - s) * (t - s)).Sum();

    private static (double[][][] Maps, ImageShape Shape) Level(double[][][] stages, ImageShape[] shapes, int level) => level == 0
        ? (Maps(stages[^1], shapes[^1]).Select(row => row.Select(channel => new[] { channel.Average() }).ToArray()).ToArray(),
            shapes[^1] with { Height = 1, Width = 1 })
        : (Maps(stages[^level], shapes[^level]), shapes[^level]);

    private static double Context(double[][] ours, double[][] theirs, ImageShape shape)
    {
        var (sum, weight, total) = (Difference(ours, theirs), 0.5, 1.0);
        foreach (var size in new[] { 4, 2, 1 }.Where(size => size < shape.Height && size < shape.Width))
        {
            sum += weight * Difference(Pool(ours), Pool(theirs));
            (total, weight) = (total + weight, weight / 2);

            double[][] Pool(double[][] map) => FeatureOracle.Pool([.. map.SelectMany(channel => channel)], shape, size, size);
        }

        return sum / total;

        static double Difference(double[][] a, double[][] b) => a.Zip(b, Squares).Average();
    }

    private static double[][][] Attend(double[][][] x, double[][][] y, double[][] weight, double[] bias)
    {
        var shares = Linear([.. x.Zip(y, (ours, above) => ours.Concat(above).ToArray())], weight, bias)
            .Select(map => map.Select(channel => channel.Select(value => 1 / (1 + Math.Exp(-value))).ToArray()).ToArray()).ToArray();
        return [.. x.Select((map, row) => map.Select((channel, c) => channel.Select((value, place) =>
            (value * shares[row][0][place]) + (y[row][c][place] * shares[row][1][place])).ToArray()).ToArray())];
    }

    private static double[][][] Nearest(double[][][] maps, ImageShape old, ImageShape size) =>
        [.. maps.Select(map => map.Select(channel => (
            from v in Enumerable.Range(0, size.Height)
            from u in Enumerable.Range(0, size.Width)
            select channel[v * old.Height / size.Height * old.Width + u * old.Width / size.Width]).ToArray()).ToArray())];

    // 3x3, zeros around.
    private static double[][][] Convolve(double[][][] maps, ImageShape shape, double[][] weight) =>
        [.. maps.Select(map => weight.Select(row => (
            from v in Enumerable.Range(0, shape.Height)
            from u in Enumerable.Range(0, shape.Width)
            select row.Select((w, i) => w * At(map[i / 9], v + i % 9 / 3 - 1, u + i % 3 - 1, shape)).Sum()).ToArray()).ToArray())];

    private static double At(double[] channel, int y, int x, ImageShape shape) =>
        y < 0 || x < 0 || y >= shape.Height || x >= shape.Width ? 0 : channel[y * shape.Width + x];

    private static double[][][] Standardize(double[][][] maps, double[] weight, double[] bias)
    {
        var mean = weight.Select((_, c) => maps.Average(map => map[c].Average())).ToArray();
        var variance = weight.Select((_, c) => maps.Average(map => map[c].Average(value => Math.Pow(value - mean[c], 2)))).ToArray();
        return [.. maps.Select(map => map.Select((channel, c) => channel.Select(value =>
            (value - mean[c]) / Math.Sqrt(variance[c] + 1e-5) * weight[c] + bias[c]).ToArray()).ToArray())];
    }

    private static double[][][] Maps(double[][] rows, ImageShape shape) =>
        [.. rows.Select(row => row.Chunk(shape.Height * shape.Width).ToArray())];

    private static double[][][] Linear(double[][][] maps, double[][] weight, double[]? bias) =>
        [.. maps.Select(map => weight.Select((row, k) => Enumerable.Range(0, map[0].Length).Select(place =>
            row.Select((w, c) => w * map[c][place]).Sum() + (bias?[k] ?? 0)).ToArray()).ToArray())];

    private static double[] Classify(double[] embedding)
    {
        var bias = Numbers(4, 2);
        return [.. _classifier.Select((row, k) => row.Zip(embedding, (a, b) => a * b).Sum() + bias[k])];
    }

    private static double Squares(double[] a, double[] b) => a.Zip(b, (u, v) => (u - v) * (u - v)).Average();

    private static double[] Numbers(int count, double shift) => [.. Enumerable.Range(0, count).Select(i => Math.Cos(0.9 * i + shift))];

    /// <summary>The parameters of a state by name, rows of numbers each.</summary>
    private sealed class Weights(IReadOnlyDictionary<string, double[][]> values)
    {
        public double[][] this[string name] => values[name];

        public static Weights Of(ObjectiveState state) => new(state.named_parameters().ToDictionary(
            entry => entry.name,
            entry => entry.parameter.data<double>().ToArray().Chunk((int)entry.parameter.shape[^1]).ToArray()));
    }
}
