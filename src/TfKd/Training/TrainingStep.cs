using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>One step of a run, in the fixed order: augment, teacher and student see the same pixels, objective, backward, optimiser.</summary>
internal sealed class TrainingStep(TrainingPlan plan, ImageNetwork student, ITeacher? teacher, ComputePath path, OptimizerHelper optimizer, LossLog log)
{
    public const string Total = "loss";

    private readonly Device _device = student.parameters().First().device;

    /// <summary>Takes the step and returns how many rows were classified as their target's most probable class.</summary>
    public long Take(LoadedBatch loaded, TrainingProgress progress, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var kernels = path.Enter();
        var batch = Prepare(loaded, progress.Epoch);
        var signal = teacher?.Teach(batch);
        var output = student.Run(path.Arrange(batch.Images));
        var loss = plan.Objective.Compute(new ObjectiveInput(output, batch.Targets, signal, progress, log));
        RequireFinite(loss, progress, learningRate);
        log.Record(Total, loss);
        optimizer.zero_grad();
        loss.backward();
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = learningRate;
        optimizer.step();
        using var noGradient = no_grad();
        return output.Logits.argmax(1).eq(batch.Targets.Labels!).sum().item<long>();
    }

    private ImageBatch Prepare(LoadedBatch loaded, int view)
    {
        using var noGradient = no_grad();
        var images = loaded.Images.to(_device);
        if (plan.Augmentations.Count > 0)
        {
            var random = new RowRandom(plan.Seed, loaded.RowIds, view);
            foreach (var augmentation in plan.Augmentations)
                images = augmentation.Apply(images, random);
        }

        return new ImageBatch(images, Targets.FromLabels(loaded.Labels.to(_device), student.ClassCount), loaded.RowIds, view);
    }

    private void RequireFinite(Tensor loss, TrainingProgress progress, double learningRate)
    {
        var value = loss.detach().to(ScalarType.Float64).item<double>();
        if (double.IsFinite(value))
            return;
        var terms = string.Join(", ", log.Means.Where(term => term.Key != Total).Select(term => $"{term.Key} {term.Value}"));
        throw new TrainingDivergedException(
            $"The objective is {value} in epoch {progress.Epoch + 1}, step {progress.Step + 1}, at learning rate {learningRate:G3} ({plan.Objective}; " +
            $"means of its terms in this epoch: {(terms.Length > 0 ? terms : "none")}). A lower learning rate or a longer warm-up usually helps.");
    }
}
