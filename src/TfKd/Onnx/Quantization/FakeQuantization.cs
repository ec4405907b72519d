namespace TfKd;

/// <summary>
/// Trains a network for <see cref="OnnxWeights.Int8"/>: in each step it computes with weights, and with values between layers, that are
/// rounded to those 8 bits that the file will have, while what learns stays float32. A plan has it in
/// <see cref="TrainingPlan.FakeQuantization"/>.
/// </summary>
/// <remarks>
/// Jacob et al., 'Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference', CVPR 2018, section 3. The
/// gradient passes rounding as if there were none, and is 0 where a value is cut off at the end of its range: the straight-through
/// estimator of Bengio, Léonard and Courville, 'Estimating or Propagating Gradients Through Stochastic Neurons for Conditional
/// Computation', 2013. Weights have a scale an output channel, as in the file. The paper folds batch norms into the weights before it
/// rounds them; here they stay layers in training, since a norm multiplies a channel's weights and its scale alike, and the same integers
/// come out. Ranges of values are measured as <see cref="OnnxCalibration"/> does, when an epoch begins and when the network is validated,
/// and stay for the epoch; <see cref="TrainingResult.Calibration"/> has those of the final weights, for the export.
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan
/// {
///     Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
///     Teacher = new WeightFileTeacher(new CifarResNet(), "float.safetensors"),
///     FakeQuantization = new FakeQuantization(),
///     FreezeBatchNormStatistics = true,
///     Optimizer = new Sgd { LearningRate = 0.001 },
///     MaxEpochs = 3,
/// };
/// using var small = new Trainer(plan).CreateStudent(new CifarResNet(), training.ClassNames);
/// NetworkWeights.Load(small, "float.safetensors");
/// var result = new Trainer(plan).Run(small, training, validation);
/// </code></example>
public sealed record FakeQuantization
{
    /// <summary>
    /// The first epoch, from 0, whose steps compute so; those before are in float32, as a network of random weights should be whose ranges
    /// still change from step to step. Default 0: all of them. Validation is in integers after each epoch.
    /// </summary>
    public int FirstEpoch { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// Whether weights take 7 of the 8 bits, as the file's will with <see cref="OnnxExportOptions.ReduceRange"/>. Default false.
    /// </summary>
    public bool ReduceRange { get; init; }
}
