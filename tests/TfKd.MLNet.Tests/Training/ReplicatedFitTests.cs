using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>A Fit of several replicas.</summary>
public sealed class ReplicatedFitTests
{
    /// <summary>Each would draw a seed of its own, and with it other rows to validate on.</summary>
    [Fact]
    public void Replicas_without_a_seed_take_that_of_the_first_and_end_with_one_model()
    {
        var messages = new List<string>();
        var fits = ThreadReplicas.Run(2, replicas =>
        {
            using var model = TrainingRuns.Fit(seed: null, TrainingRuns.Options with
            {
                Replicas = replicas,
                MessageCallback = message => messages.Add($"{replicas.Rank}: {message}"),
            });
            var scored = model.Transform(TrainingRuns.Rows(new MLContext(1))).GetColumn<VBuffer<float>>("Score");
            return (Scores: scored.SelectMany(score => score.DenseValues()).ToArray(), Card: model.Model.Card.Training.Metrics);
        });
        Assert.All(fits, fit => Assert.Null(fit.Exception));
        Assert.Equal(fits[0].Result.Scores, fits[1].Result.Scores);
        Assert.Equal(fits[0].Result.Card, fits[1].Result.Card);
        Assert.NotEmpty(messages);
        Assert.All(messages, message => Assert.StartsWith("0: ", message, StringComparison.Ordinal));
    }
}
