using System.Diagnostics;
using Microsoft.ML;
using TfKd.MLNet;
using TorchSharp;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// Images a second of Fit and of the trainer alone, after what happens once, against a bare loop in TorchSharp and one in Python's PyTorch
/// at each of its settings, as a Markdown table: ResNet-20, batches of 128, 32x32 pixels, 100 classes, random crop and flip, float32 and
/// bfloat16, long epochs and short ones. The number of threads is the same for all. All take turns in each round, and what is told are
/// medians, of ratios within rounds: the speed of a machine that others use drifts.
/// </summary>
internal sealed class TrainingComparison
{
    private const int BatchSize = 128;
    private const int ClassCount = 100;

    // A loop without epochs: a step is like any other, and of bfloat16 in old versions of PyTorch one takes seconds.
    private const int PythonSteps = 30;

    private static readonly NetworkArchitecture _network = new CifarResNet { Depth = 20 };
    private static readonly Augmentation[] _augmentations = [new RandomCrop(), new HorizontalFlip()];
    private static readonly Precision[] _precisions = [Precision.Float32, Precision.BFloat16];

    private readonly EpochLength _length;
    private readonly DecodedCache _rows;

    private TrainingComparison(EpochLength length) =>
        (_length, _rows) = (length, Rows.Make(length.Steps * BatchSize, new(3, 32, 32), ClassCount));

    /// <param name="rounds">How often each is run.</param>
    /// <param name="arguments">
    /// A Python with PyTorch, or <c>none</c>, the default: there is no comparison with it. Behind it, <c>real</c> or <c>small</c>, and behind
    /// that the one precision that is compared.
    /// </param>
    public static void Run(int rounds, IReadOnlyList<string> arguments)
    {
        TorchRuntime.EnsureLoaded();
        // libtorch takes what it finds; Python's PyTorch may take another number by itself.
        var threads = Environment.ProcessorCount;
        torch.set_num_threads(threads);
        Console.WriteLine("# Training: ResNet-20, batches of 128, 32x32 pixels, random crop and flip");
        Console.WriteLine();
        Console.WriteLine(Conditions.Describe());
        var python = arguments is [not "none" and var given, ..] ? given : null;
        var precisions = arguments is [_, _, var only] ? [Enum.Parse<Precision>(only)] : _precisions;
        foreach (var length in EpochLength.All.Where(length => arguments.Count < 2 || arguments[1] == length.Name))
            new TrainingComparison(length).Run(rounds, threads, python, precisions);
    }

    private void Run(int rounds, int threads, string? python, Precision[] precisions)
    {
        // Without the switch it would be float32 under another name.
        if (!Autocast.CanSwitch)
            precisions = [.. precisions.Except([Precision.BFloat16])];
        var loops = precisions.ToDictionary(
            precision => precision, precision => new BareLoop(_network, _rows, BatchSize, _augmentations, precision));
        var ways = loops.SelectMany(loop => Ways(loop.Key, loop.Value)).ToList();
        var version = "none";
        if (python is not null)
        {
            ways.AddRange(precisions.SelectMany(PythonLoop.Of).Select(loop => new Way(loop.ToString(), loop.Precision, () =>
            {
                (var seconds, version) = loop.Run(python, threads, PythonSteps, BatchSize);
                return seconds / PythonSteps * _length.Steps;
            })));
        }

        for (var round = 1; round <= rounds; round++)
        {
            // Forwards and backwards in turn, so that a drift hits all alike.
            foreach (var way in round % 2 == 1 ? ways : Enumerable.Reverse(ways))
                way.Speeds.Add(_rows.Count / way.SecondsAnEpoch());
            Console.Error.WriteLine(Invariant($"round {round} of {rounds}"));
        }

        Print(ways, loops, $"{threads} threads on both sides; Python's PyTorch: {version}");
        foreach (var loop in loops.Values)
            loop.Dispose();
    }

    private IEnumerable<Way> Ways(Precision precision, BareLoop bare) =>
    [
        new($"bare loop, {precision}", precision, () => Repeat(bare)),
        new($"trainer, {precision}", precision, () => Train(precision)),
        new($"Fit, {precision}", precision, () => Fit(precision)),
    ];

    private double Repeat(BareLoop bare)
    {
        bare.Epoch(0);
        bare.Parts.Clear();
        var start = Stopwatch.GetTimestamp();
        for (var epoch = 0; epoch < _length.Epochs; epoch++)
            bare.Epoch(epoch);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / _length.Epochs;
    }

    private double Train(Precision precision)
    {
        var clock = new EpochClock();
        var trainer = new Trainer(new TrainingPlan
        {
            BatchSize = BatchSize,
            MaxEpochs = 1 + _length.Epochs,
            Augmentations = _augmentations,
            Schedule = new ConstantSchedule(),
            Precision = precision,
            Callbacks = [clock],
        });
        using var student = trainer.CreateStudent(_network, ClassCount);
        trainer.Run(student, _rows);
        return clock.SecondsAnEpoch;
    }

    private double Fit(Precision precision)
    {
        var (clock, ml) = (new EpochClock(), new MLContext(seed: 1));
        var view = ml.Data.LoadFromEnumerable(PixelImage.Of(_rows), PixelImage.Schema(_rows.Shape));
        using var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
            {
                Network = _network,
                Augmentations = _augmentations,
                BatchSize = BatchSize,
                MaxEpochs = 1 + _length.Epochs,
                ValidationSetFraction = null,
                Optimizer = new Sgd(),
                Schedule = new ConstantSchedule(),
                Precision = precision,
                Callbacks = [clock],
            }))
            .Fit(view);
        return clock.SecondsAnEpoch;
    }

    private void Print(IReadOnlyList<Way> ways, Dictionary<Precision, BareLoop> loops, string conditions)
    {
        Console.WriteLine();
        Console.WriteLine(Invariant($"## Epochs of {_length.Steps} steps"));
        Console.WriteLine();
        Console.WriteLine($"{conditions}. This library: {string.Join(", ", loops.Values.Select(loop => loop.Path))}; freed memory kept.");
        Console.WriteLine();
        Console.WriteLine("| | images/s | trainer / it | Fit / it |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var way in ways)
        {
            var (trainer, fit) = (Of("trainer", way.Precision), Of("Fit", way.Precision));
            Console.WriteLine(Invariant(
                $"| {way.Name} | {Median.Of(way.Speeds):F0} | {Ratio(trainer.Speeds, way.Speeds):F3} | {Ratio(fit.Speeds, way.Speeds):F3} |"));
        }

        foreach (var (precision, loop) in loops)
        {
            var whole = loop.Parts.Values.Sum();
            var parts = loop.Parts.OrderByDescending(part => part.Value).Select(part => Invariant($"{part.Key} {part.Value / whole:P1}"));
            Console.WriteLine();
            Console.WriteLine($"A step of the bare loop in {precision}: {string.Join(", ", parts)}.");
        }

        Way Of(string name, Precision precision) => ways.Single(way => way.Name == $"{name}, {precision}");
    }

    private static double Ratio(List<double> one, List<double> other) => Median.Of(one.Zip(other, (a, b) => a / b));

    /// <summary>One of those that take turns.</summary>
    private sealed record Way(string Name, Precision Precision, Func<double> SecondsAnEpoch)
    {
        /// <summary>Images a second of each round.</summary>
        public List<double> Speeds { get; } = [];
    }
}
