using TorchSharp;

namespace TfKd.Tests;

/// <summary><see cref="ContrastiveRepresentation"/> once more in plain double arithmetic, with a memory of its own.</summary>
internal sealed class ContrastiveOracle
{
    private readonly ContrastiveRepresentation _objective;
    private readonly FeatureOracle.Linear _ofStudent;
    private readonly FeatureOracle.Linear _ofTeacher;
    private double? _studentScale;
    private double? _teacherScale;

    public ContrastiveOracle(ContrastiveRepresentation objective, ObjectiveState state)
    {
        _objective = objective;
        (_ofStudent, _ofTeacher) = (Map("student"), Map("teacher"));
        (Student, Teacher) = (Rows("studentRows"), Rows("teacherRows"));

        FeatureOracle.Linear Map(string name) => new(
            [.. Values($"{name}.weight").Chunk((int)state.get_parameter($"{name}.weight")!.shape[1])], Values($"{name}.bias"));

        double[] Values(string name) => state.get_parameter(name)!.data<double>().ToArray();

        double[][] Rows(string name) => [.. state.get_buffer(name)!.data<double>().ToArray().Chunk(objective.EmbeddingSize)];
    }

    public double[][] Student { get; }

    public double[][] Teacher { get; }

    /// <summary>The value of a batch; then what is kept of its rows moves.</summary>
    public double Take(FeatureBatch batch, int[] rows, long[][] candidates)
    {
        var student = Embed(_ofStudent, FeatureOracle.Embeddings(batch.Student[1], FeatureBatch.StudentStages[1]));
        var teacher = Embed(_ofTeacher, FeatureOracle.Embeddings(batch.Teacher[2], FeatureBatch.TeacherStages[2]));
        var value = Contrast(student, Teacher, candidates, ref _studentScale) + Contrast(teacher, Student, candidates, ref _teacherScale);
        for (var i = 0; i < rows.Length; i++)
        {
            Student[rows[i]] = Moved(Student[rows[i]], student[i]);
            Teacher[rows[i]] = Moved(Teacher[rows[i]], teacher[i]);
        }

        return value;
    }

    private double Contrast(double[][] embeddings, double[][] kept, long[][] candidates, ref double? scale)
    {
        var near = embeddings.Zip(candidates, (f, rows) => rows.Select(row =>
            Math.Exp(f.Zip(kept[row], (a, b) => a * b).Sum() / _objective.Temperature)).ToArray()).ToArray();
        var z = scale ??= near.SelectMany(row => row).Average() * kept.Length;
        var share = (double)_objective.Negatives / kept.Length;
        return near.Average(row =>
            -Math.Log(row[0] / z / (row[0] / z + share + 1e-7)) - row.Skip(1).Sum(g => Math.Log(share / (g / z + share + 1e-7))));
    }

    private double[] Moved(double[] kept, double[] embedding) =>
        Unit([.. kept.Zip(embedding, (a, b) => _objective.Momentum * a + (1 - _objective.Momentum) * b)]);

    private static double[][] Embed(FeatureOracle.Linear map, double[][] features) => [.. features.Select(row => Unit(map.Map(row)))];

    private static double[] Unit(double[] values)
    {
        var length = Math.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => value / length)];
    }
}
