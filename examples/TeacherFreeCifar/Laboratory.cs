using System.Reflection;
using TfKd;
using TorchSharp;

namespace TeacherFreeCifar;

/// <summary>Trains and tests; each run continues where it was stopped.</summary>
/// <param name="training">The training rows.</param>
/// <param name="readTest">Reads the test rows; called after a run only.</param>
/// <param name="weights">The folder with the given ResNet-56 and ResNet-32; null: there is none.</param>
/// <param name="work">The folder for checkpoints and trained weights.</param>
/// <param name="callbacks">Watchers of each run.</param>
internal sealed class Laboratory(
    IImageSource training,
    Lazy<IImageSource> readTest,
    string? weights,
    string work,
    Func<string, IReadOnlyList<TrainingCallback>> callbacks)
{
    private const double ValidationFraction = 0.1;
    private const string WeightsName = "weights.safetensors";

    private static readonly NetworkArchitecture _student = new CifarResNet { Depth = 20 };

    // The same for all seeds of the student, which Tf-KD_self's teacher is not.
    private static readonly Dictionary<TeacherKind, string> _teachers = new()
    {
        [TeacherKind.Good] = "ResNet-56, given",
        [TeacherKind.Fair] = "ResNet-32, given",
        [TeacherKind.Weak] = "ResNet-8",
        [TeacherKind.Defective] = "ResNet-32 after 1 epoch",
        [TeacherKind.Unfinished] = "ResNet-32 after 10 epochs",
    };

    private readonly (SourceSubset Kept, SourceSubset HeldOut) _split = StratifiedSplit.Cut(training, ValidationFraction, seed: 1);

    public IReadOnlyList<string> ClassNames => training.ClassNames;

    /// <summary>How many rows a preset trains on.</summary>
    public int RowsOf(Preset preset) => RowsFor(preset).Training.Count;

    /// <summary>Of how many rows so many are trained on; the others are held out, or left over.</summary>
    public static int RowsGiven(Preset preset, int trainedOn) =>
        (int)Math.Round(trainedOn / (1 - ValidationFraction) / preset.TrainingFraction);

    /// <returns>A run for this process alone, until it is disposed; null where another process is at it.</returns>
    public IDisposable? TryClaim(Preset preset, Method method, long seed) => Claim.Try(ClaimOf(preset, RunName(method, seed)));

    /// <summary>Runs a method with a seed.</summary>
    /// <param name="preset">How.</param>
    /// <param name="method">What.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="self">How the student's own network is trained that teaches it, where one does.</param>
    /// <param name="token">Stops between batches.</param>
    public RunRecord Run(Preset preset, Method method, long seed, Preset self, CancellationToken token)
    {
        var longer = preset with { Epochs = preset.Epochs * method.EpochFactor };
        var plan = longer.Plan(seed) with
        {
            Objective = method.Objective(longer.Epochs),
            Teacher = method.Teacher is { } kind
                ? TeacherOf(kind, kind == TeacherKind.Self ? self : preset.AtOwnRate, seed, token)
                : null,
            TeacherCache = method.HasGivenTeacher && preset.KeepsAnswers
                ? new TeacherCache { Directory = Path.Combine(work, "answers") }
                : null,
        };
        var record = new RunRecord
        {
            Preset = preset.Name,
            Method = method.Name,
            Seed = seed,
            Epochs = longer.Epochs,
            Rows = RowsOf(preset),
            LearningRate = preset.LearningRate,
            Precision = preset.Precision.ToString(),
            Machine = TorchRuntime.Describe(),
            Version = typeof(TrainingPlan).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            BestEpoch = 0,
            ValidationTop1 = 0,
            Top1 = 0,
            Ece = 0,
            Nll = 0,
            Seconds = 0,
            ValidationCurve = [],
        };
        try
        {
            var (network, result) = Train(plan, _student, longer, RunName(method, seed), token);
            using (network)
                return Test(network, result, record, token);
        }
        catch (TrainingDivergedException) when (preset.Studied.Count > 0)
        {
            return record with { Diverged = true };
        }
    }

    private RunRecord Test(ImageNetwork network, TrainingResult result, RunRecord record, CancellationToken token)
    {
        var calibration = TemperatureCalibration.Fit(network, _split.HeldOut, cancellationToken: token);
        var report = ClassificationReport.Of(network, readTest.Value, cancellationToken: token);
        var test = report.Metrics;
        var softened = Evaluator.Evaluate(
            network, readTest.Value, temperature: calibration.Temperature, cancellationToken: token);
        return record with
        {
            BestEpoch = result.BestEpoch + 1,
            ValidationTop1 = calibration.Before.Top1,
            Top1 = test.Top1,
            Ece = test.ExpectedCalibrationError,
            Nll = test.NegativeLogLikelihood,
            Temperature = calibration.Temperature,
            ValidationEceAtTemperature = calibration.After.ExpectedCalibrationError,
            EceAtTemperature = softened.ExpectedCalibrationError,
            NllAtTemperature = softened.NegativeLogLikelihood,
            // One without rows has no means, which JSON has no numbers for.
            Reliability = [.. report.Calibration.Where(bin => bin.Count > 0)],
            Seconds = result.History.Sum(epoch => record.Rows / epoch.ImagesPerSecond),
            ValidationCurve = [.. result.History.Select(epoch => epoch.Validation!.Top1)],
        };
    }

    /// <summary>The teacher of a kind; one that has to be trained first is, where it was not yet.</summary>
    public WeightFileTeacher TeacherOf(TeacherKind kind, Preset preset, long seed, CancellationToken token)
    {
        var plan = preset.Plan(seed: 1);
        return kind switch
        {
            TeacherKind.Good => Given(56),
            TeacherKind.Fair => Given(32),
            TeacherKind.Weak => Trained(new CifarResNet { Depth = 8 }, plan, "weak-teacher"),
            TeacherKind.Defective => Stopped(1, "defective-teacher"),
            TeacherKind.Unfinished => Stopped(10, "unfinished-teacher"),
            // The baseline's own run, where there was one.
            _ => Trained(_student, preset.Plan(seed), RunName(Method.All[0], seed)),
        };

        WeightFileTeacher Stopped(int epochs, string name) =>
            Trained(new CifarResNet { Depth = 32 }, plan with { MaxEpochs = epochs, Schedule = new ConstantSchedule() }, name);

        WeightFileTeacher Given(int depth) =>
            Of(
                new CifarResNet { Depth = depth },
                Path.Combine(
                    weights ?? throw new ArgumentException("--weights is missing: the folder of the given teachers."),
                    $"cifar100_resnet{depth}.pth"));

        WeightFileTeacher Trained(NetworkArchitecture network, TrainingPlan own, string name)
        {
            var path = Path.Combine(FolderOf(preset, name), WeightsName);
            // Another process may be at it.
            using var claim = Claim.Wait(ClaimOf(preset, name), token);
            if (!File.Exists(path))
                Train(own, network, preset, name, token).Network.Dispose();
            return Of(network, path);
        }

        static WeightFileTeacher Of(NetworkArchitecture network, string path) =>
            new(network, path) { Normalization = Preset.Normalization };
    }

    /// <summary>
    /// How good the teachers are on the rows that were held out and on the test rows; those that have to be trained first are.
    /// </summary>
    public IEnumerable<(string Name, ClassificationMetrics HeldOut, ClassificationMetrics Test)> TestTeachers(
        Preset preset, CancellationToken token)
    {
        TorchRuntime.EnsureLoaded();
        foreach (var (kind, name) in _teachers)
        {
            var source = TeacherOf(kind, preset, 1, token);
            using var network = source.Architecture.Build(training.ClassNames.Count);
            NetworkWeights.Load(network, source.Path);
            network.Normalization.Set(source.Normalization!);
            yield return (
                name,
                Evaluator.Evaluate(network, _split.HeldOut, cancellationToken: token),
                Evaluator.Evaluate(network, readTest.Value, cancellationToken: token));
        }
    }

    /// <summary>What a good, a poor and the virtual teacher say of one row that was held out, as numbers whose softmax it is.</summary>
    public IEnumerable<(string Name, double[] Answers)> SoftTargets(Preset preset, CancellationToken token)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var batch = FirstHeldOut();
        var context = new TeacherContext(training.ClassNames, training.Shape, torch.CPU);
        foreach (var (name, source) in new (string, TeacherSource)[]
        {
            ($"good teacher, {_teachers[TeacherKind.Good]}", TeacherOf(TeacherKind.Good, preset, 1, token)),
            ($"poor teacher, {_teachers[TeacherKind.Defective]}", TeacherOf(TeacherKind.Defective, preset, 1, token)),
            ("virtual teacher of Tf-KD_reg", new VirtualTeacher { CorrectProbability = 0.99, Temperature = 1 }),
        })
        {
            using var teacher = source.Open(context);
            yield return (name, teacher.Teach(batch).Logits.to(torch.float64).data<double>().ToArray());
        }
    }

    private ImageBatch FirstHeldOut()
    {
        var loaded = new BatchLoader(_split.HeldOut, 1).ReadInOrder().First();
        return new ImageBatch(loaded.Images, Targets.FromLabels(loaded.Labels, training.ClassNames.Count), RowIds: [], View: 0);
    }

    /// <summary>Trains, and leaves the weights in the run's folder.</summary>
    private (ImageNetwork Network, TrainingResult Result) Train(
        TrainingPlan plan, NetworkArchitecture architecture, Preset preset, string name, CancellationToken token)
    {
        var run = FolderOf(preset, name);
        var rows = RowsFor(preset);
        var trainer = new Trainer(plan with { CheckpointDirectory = run, Callbacks = callbacks(name) });
        var network = trainer.CreateStudent(architecture, training.ClassNames);
        try
        {
            var result = trainer.Run(network, rows.Training, rows.Watched, token);
            NetworkWeights.Save(network, Path.Combine(run, WeightsName));
            return (network, result);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    // Runs of other lengths, rates or rows have a folder of their own.
    private string FolderOf(Preset preset, string name) => Path.Combine(work, preset.RunsName(RowsOf(preset)), name);

    private string ClaimOf(Preset preset, string name) => $"{FolderOf(preset, name)}.claim";

    private static string RunName(Method method, long seed) => $"{method.Name}-{seed}";

    // The same for all runs of a preset: what is compared is methods, not splits.
    private (IImageSource Training, IImageSource Watched) RowsFor(Preset preset) => (
        preset.TrainingFraction == 1 ? _split.Kept : StratifiedSplit.Cut(_split.Kept, preset.TrainingFraction, seed: 2).HeldOut,
        preset.WatchedFraction == 1 ? _split.HeldOut : StratifiedSplit.Cut(_split.HeldOut, preset.WatchedFraction, seed: 3).HeldOut);
}
