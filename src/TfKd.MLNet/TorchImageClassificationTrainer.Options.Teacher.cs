namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    // The settings as those of a teacher.
    public sealed partial record Options
    {
        /// <summary>
        /// What these options would train, as the teacher of another network: <c>Teacher = PhotoRecipe.FineTuned(160).ToTeacher()</c>. It
        /// is trained in the Fit of the student, on its rows with a label, before the student begins. Network, initial weights, image size,
        /// objective, epochs and all that is in a <see cref="TeacherRecipe"/> are those of these options; change them with <c>with</c>.
        /// Columns, rows held out, weights of rows and classes, device, precision, checkpoints and what watches the run are those of the
        /// student's Fit.
        /// </summary>
        /// <exception cref="ArgumentException">The options have a teacher of their own, or two kinds of initial weights.</exception>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Objective = new KnowledgeDistillation(),
        ///     Teacher = PhotoRecipe.FineTuned(photoCount: 160).ToTeacher(),
        /// };
        /// </code></example>
        public TrainedTeacher ToTeacher()
        {
            if (EffectiveTeacher is { } teacher)
            {
                throw new ArgumentException(
                    $"The options have the teacher {teacher}, but one that is made of them is trained on labels alone; leave it out.");
            }

            var shape = IsSized ? SizedNetwork.InputShape : default;
            return new TrainedTeacher(Network)
            {
                Objective = Objective,
                Epochs = MaxEpochs,
                Recipe = new TeacherRecipe
                {
                    InitialWeights = EffectiveWeights,
                    LinearProbe = LinearProbe,
                    FrozenStages = FrozenStages,
                    FreezeBatchNormStatistics = FreezeBatchNormStatistics,
                    BackboneLearningRateFactor = BackboneLearningRateFactor,
                    Normalization = Normalization,
                    ImageWidth = shape.Width,
                    ImageHeight = shape.Height,
                    Augmentations = Augmentations,
                    Mixing = Mixing,
                    BatchSize = BatchSize,
                    AccumulateSteps = AccumulateSteps,
                    Optimizer = Optimizer,
                    MaxGradientNorm = MaxGradientNorm,
                    WeightAverage = WeightAverage,
                    Schedule = Schedule,
                },
            };
        }
    }
}
