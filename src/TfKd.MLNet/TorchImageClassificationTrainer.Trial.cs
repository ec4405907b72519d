using Microsoft.ML;

namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    /// <summary>The plan of a Fit with this seed.</summary>
    internal TrainingPlan PlanWith(int seed) => _plan with { Seed = seed };

    /// <summary>Trains as Fit does, and makes no model of it: a trial of a search, which is gone on with from its checkpoint.</summary>
    /// <param name="input">The rows.</param>
    /// <param name="trial">Seed and folder.</param>
    /// <param name="data">The rows of the trial before, where they are the same.</param>
    internal void Try(IDataView input, (int Seed, string Directory) trial, TrainingDataShelf data) => Run(
        input,
        () => (1, trial.Seed, trial.Directory),
        data,
        run =>
        {
            var trainer = new Trainer(run.Plan);
            using var student = trainer.CreateStudent(run.Network, run.Classes.Names);
            RequireExport(student, run.Classes, run.Data);
            return trainer.Run(student, run.Data.Training, run.Data.Validation, run.Token);
        });

    /// <summary>Makes a model of a trial's run, going on with it to its end.</summary>
    /// <inheritdoc cref="Try"/>
    internal TorchImageClassificationTransformer Finish(IDataView input, (int Seed, string Directory) trial, TrainingDataShelf data) =>
        new(Run(input, () => (1, trial.Seed, trial.Directory), data, Train), _columns);
}
