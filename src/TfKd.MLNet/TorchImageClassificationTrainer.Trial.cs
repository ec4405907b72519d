using Microsoft.ML;

namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    /// <summary>
    /// Looks for a learning rate: trains a network, which is thrown away, with a rate that rises step by step, with all other settings of
    /// the options but <see cref="Options.Schedule"/> and <see cref="Options.MaxEpochs"/>. No Fit depends on it.
    /// </summary>
    /// <param name="input">The rows that Fit will be given.</param>
    /// <param name="finder">From which rate to which, in how many steps. Default null: from 1e-6 to 10 in 100.</param>
    /// <exception cref="ArgumentException">The label, image, weight or teacher score column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">
    /// Objective, teacher, initial weights, network and rows do not fit together, or the loss was never a number.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <example><code>
    /// LearningRateCurve curve = trainer.FindLearningRate(rows);
    /// curve.WriteHtml("learning-rate.html");
    /// </code></example>
    public LearningRateCurve FindLearningRate(IDataView input, LearningRateFinder? finder = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var data = new TrainingDataShelf();
        return Run(
            input,
            () => (1, 0, null),
            data,
            run => (finder ?? new()).Run(run.Plan, run.Network, run.ReadData().Training, run.Token));
    }

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
            using var student = CreateStudent(trainer, run);
            var data = run.ReadData();
            NumberedNetwork.Check(student, _settings, data);
            return trainer.Run(student, data.Training, data.Validation, run.Token);
        });

    /// <summary>Makes a model of a trial's run, going on with it to its end.</summary>
    /// <inheritdoc cref="Try"/>
    internal TorchImageClassificationTransformer Finish(IDataView input, (int Seed, string Directory) trial, TrainingDataShelf data) =>
        new(Run(input, () => (1, trial.Seed, trial.Directory), data, Train), _columns);
}
