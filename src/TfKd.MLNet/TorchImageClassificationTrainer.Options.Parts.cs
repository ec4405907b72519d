namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    // What the parts of a Fit need of the settings.
    public sealed partial record Options
    {
        // The network at the size that is trained.
        internal NetworkArchitecture SizedNetwork => Network with { InputShape = Network.InputShape.Sized(ImageWidth, ImageHeight) };

        // Whether the network or the size is set; otherwise the size is chosen by the images.
        internal bool IsSized =>
            _network is not null || ImageWidth > 0 || ImageHeight > 0 || WeightsPath is not null || InitialWeights is not null
            || _initialModel is not null;

        internal TransformerColumns OutputColumns
        {
            get
            {
                var columns = new TransformerColumns(ImageColumnName, ScoreColumnName, PredictedLabelColumnName)
                {
                    Embedding = EmbeddingColumnName,
                    Top = TopK == 0 ? null : new TopColumns(TopK, TopLabelsColumnName, TopScoresColumnName),
                };
                columns.RequireDifferentNames();
                return columns;
            }
        }

        // The teacher, by whichever of the two properties it is set.
        private TeacherSource? EffectiveTeacher
        {
            get
            {
                if (TeacherScoreColumnName is null)
                    return Teacher;
                return Teacher is null || Teacher is ScoreColumnTeacher scores && scores.Column == TeacherScoreColumnName
                    ? Teacher ?? new ScoreColumnTeacher(TeacherScoreColumnName)
                    : throw new ArgumentException(
                        $"TeacherScoreColumnName is '{TeacherScoreColumnName}', but Teacher is {Teacher}; set one of the two.");
            }
        }

        // SqueezeNet's logits end in an activation: a class that is 0 for every image stays so. With all else frozen, plain steps at the
        // default rate get there at once (45.8 and 56.2 % right in two runs, where AdamW had 88.9).
        internal string? OptimizerAdvice => Network is SqueezeNet && FrozenStages > 0 && Optimizer is Sgd
            ? $"A SqueezeNet with frozen stages learns poorly with {Optimizer}, since its logits are never below 0; " +
                "expected Optimizer = new AdamW { LearningRate = 0.001 }."
            : null;

        // What the network starts from, by whichever of the three properties it is set.
        private InitialWeights? EffectiveWeights
        {
            get
            {
                string[] names =
                [
                    .. WeightsPath is null ? [] : new[] { $"{nameof(WeightsPath)} '{WeightsPath}'" },
                    .. InitialWeights is null ? [] : new[] { $"{nameof(InitialWeights)} {InitialWeights}" },
                    .. _initialModel is null ? [] : new[] { nameof(InitialModel) },
                ];
                if (names.Length > 1)
                    throw new ArgumentException($"A network has one start, but {string.Join(" and ", names)} are set; set one of them.");
                if (WeightsDictionary is not null && WeightsPath is null)
                    throw new ArgumentException($"WeightsDictionary is '{WeightsDictionary}', but there is no file; set WeightsPath, too.");
                if (names.Length == 0 && (FrozenStages > 0 || FreezeBatchNormStatistics))
                {
                    var (name, value, none) = FrozenStages > 0
                        ? (nameof(FrozenStages), $"{FrozenStages}", "0")
                        : (nameof(FreezeBatchNormStatistics), "true", "false");
                    throw new ArgumentException(
                        $"{name} is {value}, but the network starts from random weights; set WeightsPath, InitialWeights or " +
                        $"InitialModel, or {name} to {none}.");
                }

                if (_initialModel is not null && Normalization is not null && Normalization != _initialModel.Normalization)
                {
                    throw new ArgumentException(
                        $"Normalization is {Normalization}, but the weights of InitialModel were trained with " +
                        $"{_initialModel.Normalization}; leave it at null.");
                }

                if (_initialModel is not null)
                    return new ModelWeights(_initialModel);
                return WeightsPath is null ? InitialWeights : new BackboneWeights(WeightsPath) { Dictionary = WeightsDictionary };
            }
        }

        /// <summary>The rows that a Fit reads.</summary>
        /// <param name="shape">The shape of the images that the network takes.</param>
        /// <param name="scores">The score column that the teacher learns from; null: there is none.</param>
        internal TrainingDataSettings ToDataSettings(ImageShape shape, ScoreColumnTeacher? scores) => new()
        {
            Rows = new RowSettings
            {
                Labels = Labels,
                Columns = new TrainingColumns(LabelColumnName, ImageColumnName, ExampleWeightColumnName),
                Shape = shape,
                Memory = new ImageMemory(ImageMemoryBudget, ImageCacheDirectory),
                Replicas = Replicas,
                UndecodableImages = UndecodableImages,
                KeepsUnlabelled = Objective.TakesUnlabelledSamples && EffectiveTeacher is { TakesUnlabelledSamples: true },
            },
            UnlabelledSet = UnlabelledSet,
            Scores = scores,
            ValidationSet = ValidationSet,
            ValidationSetFraction = ValidationSetFraction,
        };

        /// <summary>The run, but for its seed and for what watches it on behalf of ML.NET.</summary>
        /// <exception cref="ArgumentException">
        /// Two teachers are named; or two kinds of initial weights, or none where stages are frozen or a
        /// dictionary of a file is named.
        /// </exception>
        internal TrainingPlan ToPlan() => new()
        {
            Objective = Objective,
            Teacher = EffectiveTeacher,
            ClassWeighting = ClassWeighting,
            TeacherCache = TeacherCache,
            Augmentations = Augmentations,
            Mixing = Mixing,
            Views = Views,
            BatchSize = BatchSize,
            AccumulateSteps = AccumulateSteps,
            MaxEpochs = MaxEpochs,
            Optimizer = Optimizer,
            MaxGradientNorm = MaxGradientNorm,
            WeightAverage = WeightAverage,
            FakeQuantization = FakeQuantization is { } training ? training with { ReduceRange = ReduceRange } : null,
            Schedule = Schedule,
            InitialWeights = EffectiveWeights,
            LinearProbe = LinearProbe,
            FrozenStages = FrozenStages,
            FreezeBatchNormStatistics = FreezeBatchNormStatistics,
            BackboneLearningRateFactor = BackboneLearningRateFactor,
            Normalization = Normalization,
            RestoreBestWeights = RestoreBestWeights,
            TestTimeAugmentation = TestTimeAugmentation,
            BestEpochMetric = BestEpochMetric,
            CheckpointDirectory = CheckpointDirectory,
            CheckpointInterval = CheckpointInterval,
            OnCancellation = OnCancellation,
            Device = Device,
            Replicas = Replicas,
            Precision = Precision,
            Callbacks = EarlyStopping is { } stopping ? [stopping, .. Callbacks] : Callbacks,
        };
    }
}
