using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The learnt temperature: against the student, more and more so over the first epochs.</summary>
public sealed class CurriculumTemperatureKdTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0, 10, 0.0244717418524232)]
    [InlineData(4, 10, 0.5)]
    [InlineData(9, 10, 1)]
    [InlineData(200, 10, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 4, 0.5)]
    public void The_reversal_grows_over_the_first_epochs(int epoch, int rampEpochs, double expected) =>
        Assert.Equal(3 * expected, new CurriculumTemperatureKd { MaxReversal = 3, RampEpochs = rampEpochs }.ReversalIn(epoch), 1e-12);

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(20)]
    public void The_parameters_gradient_is_that_of_the_loss_times_minus_the_reversal(int epoch)
    {
        const double Step = 1e-3;
        var objective = new CurriculumTemperatureKd { MaxReversal = 0.7 };
        var batch = LogitBatch.Random(seed: 4, rows: 5, classes: 6);
        using var states = States(objective);
        var parameter = states.Parameters.Single();
        Assert.Equal(1, parameter.to(ScalarType.Float64).item<double>());

        Compute(objective, states, batch, epoch).backward();

        var slope = (Loss(batch, 1 + Step) - Loss(batch, 1 - Step)) / (2 * Step);
        Assert.Equal(-objective.ReversalIn(epoch) * slope, parameter.grad!.to(ScalarType.Float64).item<double>(), 1e-5);

        double Loss(LogitBatch at, double value)
        {
            using var noGradient = no_grad();
            parameter.fill_(value);
            var temperature = 1 + 20 / (1 + Math.Exp(-parameter.to(ScalarType.Float64).item<double>()));
            return temperature * temperature * ObjectiveOracle.Value(new SoftTargetKl { Temperature = temperature }, at);
        }
    }

    [Fact]
    public void Without_a_reversal_the_temperature_has_no_gradient_and_stays()
    {
        var objective = new CurriculumTemperatureKd { MaxReversal = 0 };
        using var states = States(objective);
        Compute(objective, states, LogitBatch.Random(seed: 4, rows: 5, classes: 6), epoch: 20).backward();
        Assert.Null(states.Parameters.Single().grad);
    }

    [Fact]
    public void A_run_learns_its_temperature_and_goes_on_with_it()
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-temperature-").FullName;
        try
        {
            var plan = WatchedRun.Plan with
            {
                MaxEpochs = 4,
                Schedule = new ConstantSchedule(),
                Objective = 0.1 * new CrossEntropy() + 0.9 * new CurriculumTemperatureKd { RampEpochs = 1 },
                Teacher = new GivenTeacher(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 }),
            };
            var unbroken = Temperatures(WatchedRun.Run(plan));
            Assert.Equal(4, unbroken.Distinct().Count());
            Assert.All(unbroken, temperature => Assert.InRange(temperature, 1, 21));

            var kept = plan with { CheckpointDirectory = folder };
            Assert.Equal(unbroken[..2], Temperatures(WatchedRun.Run(kept with { MaxEpochs = 2 })));
            Assert.Equal(unbroken, Temperatures(WatchedRun.Run(kept)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double[] Temperatures(TrainingResult result) => [.. result.History.Select(epoch => epoch.Terms["temperature"])];

    private static ObjectiveStates States(Objective objective) => FeatureBatch.States(objective);

    private static Tensor Compute(Objective objective, ObjectiveStates states, LogitBatch batch, int epoch)
    {
        using var log = new LossLog();
        return objective.Compute(new ObjectiveInput(
            new NetworkOutput(LogitBatch.ToTensor(batch.Student).requires_grad_()),
            Targets.FromLabels(batch.LabelTensor(), batch.Classes),
            new TeacherSignal(LogitBatch.ToTensor(batch.Teacher)),
            new TrainingProgress(epoch, 100, 0),
            log)
        { States = states });
    }
}
