using TorchSharp;

namespace TfKd.Tests;

/// <summary>The objectives on features once more, in plain double arithmetic, one loop for one sum.</summary>
internal static class FeatureOracle
{
    /// <summary>The weights [out][in] and the bias of an adapter.</summary>
    public sealed record Linear(double[][] Weight, double[] Bias)
    {
        public static Linear Of(ObjectiveState state)
        {
            var (weight, bias) = (state.parameters().Single(p => p.dim() == 2), state.parameters().Single(p => p.dim() == 1));
            return new([.. weight.data<double>().ToArray().Chunk((int)weight.shape[1])], bias.data<double>().ToArray());
        }

        public double[] Map(double[] input) => [.. Weight.Select((row, i) => row.Zip(input, (a, b) => a * b).Sum() + Bias[i])];
    }

    public static double Hint(FeatureBatch batch, int studentStage, int teacherStage, Linear map)
    {
        var (student, teacher) = (FeatureBatch.StudentStages[studentStage], FeatureBatch.TeacherStages[teacherStage]);
        var (height, width) = (Math.Min(student.Height, teacher.Height), Math.Min(student.Width, teacher.Width));
        return Enumerable.Range(0, batch.Logits.Rows).Average(row =>
        {
            var ours = Pool(batch.Student[studentStage][row], student, height, width);
            var theirs = Pool(batch.Teacher[teacherStage][row], teacher, height, width);
            return Enumerable.Range(0, height * width).SelectMany(place =>
                map
                    .Map([.. ours.Select(channel => channel[place])])
                    .Select((value, channel) => Math.Pow(value - theirs[channel][place], 2))).Average();
        });
    }

    public static double Attention(FeatureBatch batch, AttentionTransfer o, int pairs) =>
        Enumerable.Range(0, batch.Logits.Rows).Average(row =>
        Enumerable.Range(1, pairs).Sum(fromEnd =>
        {
            var (student, teacher) = (FeatureBatch.StudentStages[^fromEnd], FeatureBatch.TeacherStages[^fromEnd]);
            var (height, width) = (Math.Min(student.Height, teacher.Height), Math.Min(student.Width, teacher.Width));
            var squares = Map(Pool(batch.Student[^fromEnd][row], student, height, width), o.Exponent)
                .Zip(Map(Pool(batch.Teacher[^fromEnd][row], teacher, height, width), o.Exponent), (a, b) => (a - b) * (a - b)).ToArray();
            return o.Form == AttentionTransferForm.Paper ? Math.Sqrt(squares.Sum()) / 2 : squares.Average();
        }));

    public static double Relations(double[][] student, double[][] teacher, double distanceWeight, double angleWeight)
    {
        var rows = Enumerable.Range(0, student.Length).ToArray();
        var (ours, theirs) = (MeanDistance(student), MeanDistance(teacher));
        return distanceWeight * rows.Average(i =>
            rows.Average(j => Huber(Distance(student[i], student[j]) / ours, Distance(teacher[i], teacher[j]) / theirs)))
            + angleWeight * rows.Average(i =>
                rows.Average(j => rows.Average(k => Huber(Cosine(student, i, j, k), Cosine(teacher, i, j, k)))));
    }

    public static double Similarities(double[][] student, double[][] teacher)
    {
        var rows = Enumerable.Range(0, student.Length).ToArray();
        return rows.Average(i =>
        {
            var (ours, theirs) = (Normalized(student, i), Normalized(teacher, i));
            return rows.Average(j => Math.Pow(ours[j] - theirs[j], 2));
        });

        double[] Normalized(double[][] x, int i)
        {
            var products = x.Select(other => other.Zip(x[i], (a, b) => a * b).Sum()).ToArray();
            var length = Math.Sqrt(products.Sum(product => product * product));
            return [.. products.Select(product => product / length)];
        }
    }

    /// <summary>The means over positions of a stage's channels, [row][channel].</summary>
    public static double[][] Embeddings(double[][] rows, ImageShape stage) =>
        [.. rows.Select(row => row.Chunk(stage.Height * stage.Width).Select(channel => channel.Average()).ToArray())];

    /// <summary>
    /// The value of the student's logits and the earlier classifier's, where all that the objective takes for constant is taken from
    /// others.
    /// </summary>
    public static double TargetFreeSelfKd(
        TargetFreeSelfKd o, double[][] logits, double[][] weak, int[] labels, double[][] constantLogits, double[][] constantWeak)
    {
        var rows = Enumerable.Range(0, logits.Length).ToArray();
        var squared = rows.Select(i => Math.Pow(ObjectiveOracle.Softmax(constantLogits[i], 1)[labels[i]], 2)).ToArray();
        return rows.Average(i =>
        {
            var (s, w, c) = (ObjectiveOracle.Softmax(logits[i], 1), ObjectiveOracle.Softmax(weak[i], 1), labels[i]);
            var target = -(1 + squared[i] - squared.Average()) * Math.Log(s[c]);
            var zipf = Zipf(o.Ranking, ObjectiveOracle.Softmax(constantLogits[i], 1), ObjectiveOracle.Softmax(constantWeak[i], 1), c);
            var nonTarget = -Enumerable.Range(0, s.Length).Where(k => k != c).Sum(k => zipf[k] * Math.Log(s[k] / (1 - s[c])));
            var early = -Enumerable.Range(0, s.Length).Sum(k => ((k == c ? 0.9 : 0) + 0.1 / s.Length) * Math.Log(w[k]));
            return o.Alpha * target + o.Beta * nonTarget + o.Mu * early;
        });
    }

    private static double[] Zipf(TargetFreeSelfKdRanking ranking, double[] s, double[] w, int c)
    {
        double Score(int k) => ranking == TargetFreeSelfKdRanking.Probabilities
            ? w[k] / (1 - w[c]) + s[k] / (1 - s[c])
            : w[k] / (1 - w[c] + 1e-6) + Math.Log(s[k]) / (1 - Math.Log(s[c]) + 1e-6);
        var ranked = Enumerable
            .Range(0, s.Length)
            .Where(k => k != c || ranking == TargetFreeSelfKdRanking.ReferenceCode)
            .OrderByDescending(Score)
            .ToList();
        var shares = Enumerable.Range(0, s.Length).Select(k => k == c ? 0 : 1.0 / (1 + ranked.IndexOf(k))).ToArray();
        return [.. shares.Select(share => share / shares.Sum())];
    }

    private static double[] Map(double[][] channels, double exponent)
    {
        var map = Enumerable
            .Range(0, channels[0].Length)
            .Select(place => channels.Average(channel => Math.Pow(Math.Abs(channel[place]), exponent)))
            .ToArray();
        var length = Math.Sqrt(map.Sum(value => value * value));
        return [.. map.Select(value => value / length)];
    }

    /// <summary>[channel][place]; the cells that a place averages overlap where the sizes do not divide.</summary>
    public static double[][] Pool(double[] values, ImageShape shape, int height, int width) =>
        [.. values.Chunk(shape.Height * shape.Width).Select(channel => (
            from y in Enumerable.Range(0, height)
            from x in Enumerable.Range(0, width)
            select (from v in Cells(y, shape.Height, height) from u in Cells(x, shape.Width, width) select channel[v * shape.Width + u]).Average()).ToArray())];

    private static IEnumerable<int> Cells(int place, int from, int to) =>
        Enumerable.Range(0, from).Where(cell => cell >= place * from / to && cell < (int)Math.Ceiling((place + 1) * (double)from / to));

    private static double MeanDistance(double[][] x) =>
        x.SelectMany(a => x.Select(b => Distance(a, b))).Where(d => d > 0).DefaultIfEmpty(1).Average();

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (u, v) => (u - v) * (u - v)).Sum());

    private static double Cosine(double[][] x, int at, int j, int k)
    {
        var (first, second) = (Distance(x[at], x[j]), Distance(x[at], x[k]));
        return first == 0 || second == 0
            ? 0
            : Enumerable.Range(0, x[at].Length).Sum(c => (x[j][c] - x[at][c]) * (x[k][c] - x[at][c])) / first / second;
    }

    private static double Huber(double a, double b) => Math.Abs(a - b) < 1 ? (a - b) * (a - b) / 2 : Math.Abs(a - b) - 0.5;
}
