namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    // In which numbers the model scores.
    public sealed partial record Options
    {
        /// <summary>
        /// In which numbers the model holds the network that it scores with, at the end of Fit. Default <see cref="OnnxWeights.Float32"/>.
        /// <see cref="OnnxWeights.Int8"/> is about a quarter of the size, and faster; ranges are measured on up to
        /// <see cref="OnnxCalibration.MaxImages"/> training images. <see cref="CalibrateScores"/>, <see cref="Rejection"/> and the
        /// thresholds of several labels look at what the network answers in these numbers. What became of size and scores is in ML.NET's
        /// log and on the model's card (<see cref="TrainingProvenance.Quantization"/>). Nothing of the training depends on it, unless
        /// <see cref="FakeQuantization"/> is set; the model holds the float32 weights beside, to be trained on and to teach.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { Weights = OnnxWeights.Int8, MaxQuantizationDrop = 1 };
        /// </code></example>
        public OnnxWeights Weights { get; init => field = Require.Defined(value); } = OnnxWeights.Float32;

        /// <summary>
        /// Whether <see cref="Weights"/> of <see cref="OnnxWeights.Int8"/> take 7 of the 8 bits: see
        /// <see cref="OnnxExportOptions.ReduceRange"/>. Default false; true for models that score on processors of the x86 family without
        /// VNNI. This property is ignored for other weights.
        /// </summary>
        public bool ReduceRange { get; init; }

        /// <summary>
        /// Trains the network as <see cref="OnnxWeights.Int8"/> will compute it, which <see cref="Weights"/> must be: for where plain int8
        /// is wrong too often. From a trained network as a rule (<see cref="InitialModel"/>, <see cref="InitialWeights"/>), for a few
        /// epochs at a low learning rate, with that network as the teacher. Metrics of validation are then of the network in integers, and
        /// the model has the ranges that it was trained with. <see cref="ReduceRange"/> holds for it, too. Default null: nothing of the
        /// training depends on <see cref="Weights"/>.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     InitialModel = transformer,
        ///     Teacher = new ModelTeacher(transformer),
        ///     Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
        ///     Weights = OnnxWeights.Int8,
        ///     FakeQuantization = new FakeQuantization(),
        ///     FreezeBatchNormStatistics = true,
        ///     Optimizer = new Sgd { LearningRate = 0.001 },
        ///     MaxEpochs = 5,
        /// };
        /// </code></example>
        public FakeQuantization? FakeQuantization { get; init; }

        /// <summary>
        /// By how many points (hundredths of the rows) top-1 on the validation rows may be lower in the numbers of <see cref="Weights"/>
        /// than in float32, 0 or above; with <see cref="Labels"/> the mean average precision. Where it is lower by more, Fit throws a
        /// <see cref="QuantizationDropException"/>, which has the trained model in float32. Default null: no limit. Of few rows a point is
        /// less than one. This property is ignored for float32.
        /// </summary>
        /// <example><code>
        /// var small = new TorchImageClassificationTrainer.Options { Weights = OnnxWeights.Int8, MaxQuantizationDrop = 0.5 };
        /// TorchImageClassificationTransformer classifier;
        /// try
        /// {
        ///     classifier = ml.MulticlassClassification.Trainers.TorchImageClassification(small).Fit(rows);
        /// }
        /// catch (QuantizationDropException exception)
        /// {
        ///     classifier = exception.FloatModel;
        /// }
        /// </code></example>
        public double? MaxQuantizationDrop { get; init => field = value is { } points ? Require.NotNegative(points) : null; }

        /// <summary>
        /// In which orientations the trained model looks at a photo: its scores are those of the mean logits. Default
        /// <see cref="TestTimeAugmentation.None"/>: as it is. Scoring, and validation during training, take as many times longer as there
        /// are orientations. It is part of the model and of its ONNX form, so that every program that reads these has it;
        /// <see cref="CalibrateScores"/>, <see cref="Rejection"/> and the thresholds of several labels are of these scores.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip };
        /// </code></example>
        public TestTimeAugmentation TestTimeAugmentation { get; init => field = Require.Defined(value); }

        /// <summary>
        /// What computes the model's scores. Default <see cref="ScoringBackend.OnnxRuntime"/>, for which the network must have an ONNX
        /// form. <see cref="ScoringBackend.Torch"/> is for networks that have none: the model is trained, saved, loaded and used as any
        /// other, but needs libtorch wherever it predicts, cannot be written as ONNX, and is float32. The file of a
        /// <see cref="FactoryNetwork"/>'s model does not hold the function: give it to the loaded transformer by
        /// <see cref="TorchImageClassificationTransformer.WithNetwork"/>.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { ScoringBackend = ScoringBackend.Torch };
        /// </code></example>
        public ScoringBackend ScoringBackend { get; init => field = Require.Defined(value); } = ScoringBackend.OnnxRuntime;

        /// <exception cref="ArgumentException">
        /// Torch is to compute in other numbers than float32, or embeddings; or the network is to be trained for other numbers than it
        /// will have; or what is for one label a photo is set where there are several.
        /// </exception>
        internal ScoreSettings ScoreSettings
        {
            get
            {
                if (ScoringBackend == ScoringBackend.Torch && Weights != OnnxWeights.Float32)
                {
                    throw new ArgumentException(
                        $"ScoringBackend is Torch, which computes in float32, but Weights is {Weights}; set one of them to its default.");
                }

                if (ScoringBackend == ScoringBackend.Torch && EmbeddingColumnName is not null)
                {
                    throw new ArgumentException(
                        "ScoringBackend is Torch, whose models give no embeddings, as these are found in the network's ONNX form, but "
                        + $"EmbeddingColumnName is '{EmbeddingColumnName}'; set one of them to its default.");
                }

                RequireIntegers();
                RequireOneLabel();
                return new()
                {
                    Backend = ScoringBackend,
                    Weights = Weights,
                    ReduceRange = ReduceRange,
                    Calibrate = CalibrateScores,
                    Rejection = Rejection,
                    Labels = Labels,
                    BatchSize = BatchSize,
                };
            }
        }

        private void RequireIntegers()
        {
            if (FakeQuantization is null)
                return;
            if (Weights != OnnxWeights.Int8)
            {
                throw new ArgumentException(
                    $"{nameof(FakeQuantization)} trains for {nameof(Weights)} of {OnnxWeights.Int8}, but {nameof(Weights)} is {Weights}; "
                    + $"set it to {OnnxWeights.Int8}, or leave {nameof(FakeQuantization)} out.");
            }

            if (FakeQuantization.ReduceRange && !ReduceRange)
            {
                throw new ArgumentException(
                    $"{nameof(FakeQuantization)} trains for weights of 7 bits, but {nameof(ReduceRange)} is false; set it to true, which "
                    + "holds for both.");
            }
        }

        private void RequireOneLabel()
        {
            if (Labels is not null && Rejection is not null)
                throw new ArgumentException(
                    $"{nameof(Rejection)} is for one label a photo, but {nameof(Labels)} is set, whose thresholds say which labels are "
                    + "predicted; leave one of them at null.");
        }
    }
}
