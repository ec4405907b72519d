using FsCheck.Xunit;

namespace TfKd.Tests;

public sealed class ObjectiveValueTests
{
    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 60)]
    public void Every_objective_equals_the_plain_double_oracle(LogitBatch batch)
    {
        foreach (var objective in ObjectiveCases.For(batch.Classes))
        {
            var expected = ObjectiveOracle.Value(objective, batch);

            Assert.Equal(expected, batch.Value(objective), 1e-9 * (1 + Math.Abs(expected)));
        }
    }

    [Theory]
    [MemberData(nameof(ObjectiveCases.NamesOfPlainDerivative), MemberType = typeof(ObjectiveCases))]
    public void Gradient_equals_central_differences(string name)
    {
        const double Step = 1e-5;
        var objective = ObjectiveCases.All[name];
        foreach (var classes in (int[])[2, 7])
        {
            if (!ObjectiveCases.For(classes).Contains(objective))
                continue;
            var batch = LogitBatch.Random(seed: classes, rows: 3, classes);
            var (_, gradient) = batch.ValueAndGradient(objective);
            for (var i = 0; i < batch.Rows; i++)
            {
                for (var k = 0; k < classes; k++)
                {
                    var numeric = (Moved(batch, i, k, Step).Value(objective) - Moved(batch, i, k, -Step).Value(objective)) / (2 * Step);

                    Assert.Equal(numeric, gradient[i][k], 1e-7 * (1 + Math.Abs(numeric)));
                }
            }
        }
    }

    private static LogitBatch Moved(LogitBatch batch, int row, int column, double step)
    {
        var student = batch.Student.Select(r => r.ToArray()).ToArray();
        student[row][column] += step;
        return batch with { Student = student };
    }
}
