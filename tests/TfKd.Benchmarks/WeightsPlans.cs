namespace TfKd.Benchmarks;

/// <summary>The plans whose weights are compared: each part of a run is in at least one of them.</summary>
internal static class WeightsPlans
{
    // The latest weights, which every epoch had a part in.
    private static readonly TrainingPlan _plain = new()
    {
        RestoreBestWeights = false,
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Augmentations = [new RandomCrop { Padding = 2 }, new HorizontalFlip()],
        Seed = 11,
    };

    private static readonly KnowledgeDistillation _distillation = new() { Alpha = 0.7, Temperature = 4 };
    private static readonly SmallCnn _network = new() { Width = 4 };
    private static readonly CifarResNet _other = new() { Depth = 8, Width = 4 };

    /// <param name="folder">Where teachers and checkpoints are written.</param>
    /// <returns>Names, and what runs each plan and returns the hash of its weights.</returns>
    public static IEnumerable<(string Name, Func<string> Run)> All(string folder)
    {
        var (first, second) = (Teacher(_other, seed: 21, folder), Teacher(_network, seed: 22, folder));
        var student = new WeightsRun(_network);
        return
        [
            .. Plans(first, second).Select(plan => (plan.Name, (Func<string>)(() => student.Hash(plan.Plan)))),
            ("residual", () => new WeightsRun(_other).Hash(_plain)),
            ("dropout", () => new WeightsRun(new WideResNet { Depth = 10, WidenFactor = 1, Dropout = 0.3 }).Hash(_plain)),
            ("calibration", () => student.HashCalibrated(_plain)),
            ("unbroken", () => student.Hash(Resumable())),
            ("resumed-within-epoch", () => student.HashResumed(Resumable(), Path.Combine(folder, "checkpoints"))),
            ("resumed-with-peer", () => student.HashResumed(Mutual(), Path.Combine(folder, "checkpoints of peers"))),
        ];
    }

    private static IEnumerable<(string Name, TrainingPlan Plan)> Plans(TeacherSource first, WeightFileTeacher second) =>
    [
        ("plain", _plain),
        ("plain-best-weights", _plain with { RestoreBestWeights = true, Optimizer = new Sgd { LearningRate = 0.5 }, MaxEpochs = 5 }),
        .. Distilled(first, second),
        .. Mixed(first, second),
        .. Following(),
        .. Objectives(first),
        ("frozen-stages", _plain with { FrozenStages = 2, InitialWeights = new BackboneWeights(second.Path) }),
        ("frozen-backbone", _plain with
        {
            FrozenStages = 4,
            InitialWeights = new BackboneWeights(second.Path),
            Augmentations = [],
        }),
        ("slower-backbone", _plain with { BackboneLearningRateFactor = 0.5 }),
        ("class-weights", _plain with { ClassWeighting = new InverseFrequencyWeighting() }),
        ("effective-number-weights", _plain with { ClassWeighting = new EffectiveNumberWeighting { Beta = 0.9 } }),
        ("gradient-clipping", _plain with { MaxGradientNorm = 0.5 }),
        ("adamw-warm-up", _plain with { Optimizer = new AdamW(), Schedule = new WarmUpSchedule { Epochs = 1.5 } }),
        ("nesterov-steps", _plain with
        {
            Optimizer = new Sgd { LearningRate = 0.05, Nesterov = true },
            Schedule = new StepSchedule { Milestones = [1, 2] },
        }),
        ("bfloat16", _plain with { Precision = Precision.BFloat16 }),
        ("augmentations", _plain with
        {
            Augmentations =
            [
                new RandomResizedCrop(), new Rotation(), new VerticalFlip(),
                new ColorJitter(), new TrivialAugment(), new RandomErasing(),
            ],
        }),
    ];

    private static IEnumerable<(string Name, TrainingPlan Plan)> Distilled(TeacherSource first, TeacherSource second)
    {
        var plan = _plain with { Objective = _distillation, Teacher = first };
        return
        [
            ("kd", plan with { TeacherCache = TeacherCache.Off }),
            ("kd-cached", plan with { Augmentations = [], TeacherCache = new() }),
            ("kd-cached-views", plan with { Views = 2, MaxEpochs = 4, TeacherCache = new() }),
            ("kd-cached-top-2", plan with { Views = 2, TeacherCache = new() { TopK = 2, Precision = TeacherCachePrecision.Float16 } }),
            ("kd-virtual", plan with { Teacher = new VirtualTeacher() }),
            ("kd-uniform", plan with { Teacher = new UniformTeacher() }),
            ("kd-ensemble", plan with { Teacher = new EnsembleTeacher(first, second) { Weights = [2, 1] } }),
            ("trained-teacher", plan with { Teacher = new TrainedTeacher(_other) { Epochs = 2 } }),
            ("self", plan with { Teacher = new SelfTeacher { Generations = 2 }, MaxEpochs = 2 }),
        ];
    }

    private static IEnumerable<(string Name, TrainingPlan Plan)> Mixed(TeacherSource first, TeacherSource second)
    {
        var plan = _plain with { Mixing = new RandomMixing(new Mixup(), new CutMix()) };
        return
        [
            ("mixup", plan with { Mixing = new Mixup { Alpha = 0.4 } }),
            ("cutmix", plan with { Mixing = new CutMix() }),
            ("mixed-kd", plan with { Objective = _distillation, Teacher = first }),
            ("mixed-label-smoothing-ensemble", plan with
            {
                Objective = new LabelSmoothing() + 0.5 * new SoftTargetKl { Temperature = 2 },
                Teacher = new EnsembleTeacher(first, second) { Mean = EnsembleMean.Geometric },
            }),
        ];
    }

    private static IEnumerable<(string Name, TrainingPlan Plan)> Following() =>
    [
        ("peer", Mutual()),
        ("peer-best-weights", Mutual() with { RestoreBestWeights = true, Seed = 12 }),
        ("moving-average", _plain with { Objective = _distillation, Teacher = new MovingAverageTeacher { Decay = 0.8 } }),
        ("previous-epoch", _plain with
        {
            Objective = new Ramped { Inner = new CrossEntropy(), From = 1, To = 0.2 } + new Ramped { Inner = new SoftTargetKl(), To = 0.8 },
            Teacher = new PreviousEpochTeacher(),
        }),
    ];

    private static IEnumerable<(string Name, TrainingPlan Plan)> Objectives(TeacherSource first) =>
    [
        ("feature-hint", _plain with { Objective = new CrossEntropy() + 100 * new FeatureHint(), Teacher = first }),
        ("attention-transfer", _plain with
        {
            Objective = new CrossEntropy() + 1000 * new AttentionTransfer { StagePairs = 2 },
            Teacher = first,
        }),
        ("relational", _plain with { Objective = new CrossEntropy() + new RelationalKd(), Teacher = first }),
        ("feature-hint-self", _plain with
        {
            Objective = new CrossEntropy() + 100 * new FeatureHint(),
            Teacher = new SelfTeacher(),
            MaxEpochs = 2,
        }),
        ("target-free-self", _plain with { Objective = new CrossEntropy() + new TargetFreeSelfKd() }),
        ("tf-kd-regularization", _plain with { Objective = new TfKdRegularization() }),
        ("online-label-smoothing", _plain with { Objective = 0.5 * new OnlineLabelSmoothing() + 0.5 * new CrossEntropy() }),
        ("class-wise-self", _plain with { Objective = new ClassWiseSelfKd() }),
        ("decoupled", _plain with { Objective = new LogitStandardization { Inner = new DecoupledKd() }, Teacher = first }),
    ];

    private static TrainingPlan Mutual() => _plain with
    {
        Objective = new CrossEntropy() + new SoftTargetKl(),
        Teacher = new PeerTeacher(),
    };

    // What a resumed run must find again: a follower, both of AdamW's moments, labels gathered over an epoch.
    private static TrainingPlan Resumable() => _plain with
    {
        Objective = 0.5 * new OnlineLabelSmoothing() + _distillation,
        Teacher = new MovingAverageTeacher { Decay = 0.8 },
        Optimizer = new AdamW(),
        MaxGradientNorm = 1,
    };

    private static WeightFileTeacher Teacher(NetworkArchitecture architecture, long seed, string folder)
    {
        var path = Path.Combine(folder, $"teacher{seed}.safetensors");
        new WeightsRun(architecture).Save(_plain with { Seed = seed }, path);
        return new WeightFileTeacher(architecture with { InputShape = new ImageShape(3, 12, 12) }, path);
    }
}
