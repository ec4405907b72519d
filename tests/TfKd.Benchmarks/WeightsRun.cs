using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Benchmarks;

/// <summary>A run on a few drawn rows, and the hash of the weights that it ends with.</summary>
/// <param name="architecture">The student.</param>
internal sealed class WeightsRun(NetworkArchitecture architecture)
{
    private const int ClassCount = 4;
    private const int StepsBeforeBreak = 4;

    private static readonly DecodedCache _training = Draw(40, seed: 1);
    private static readonly DecodedCache _validation = Draw(20, seed: 2);

    /// <summary>The hash of a plan's weights.</summary>
    public string Hash(TrainingPlan plan) => Train(plan, student => HashOf(student));

    /// <summary>The same, with the temperature that suits the validation rows.</summary>
    public string HashCalibrated(TrainingPlan plan) =>
        Train(plan, student => HashOf(student, TemperatureCalibration.Fit(student, _validation, plan.BatchSize).Temperature));

    /// <summary>The same of a run that was broken off within its second epoch, and gone on with.</summary>
    /// <exception cref="InvalidOperationException">It began anew.</exception>
    public string HashResumed(TrainingPlan plan, string folder)
    {
        var kept = plan with { CheckpointDirectory = folder, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        using var source = new CancellationTokenSource();
        var step = 0;
        var watcher = new Watcher { BatchEnd = () => Cancel(++step) };
        try
        {
            Train(kept with { Callbacks = [watcher] }, HashNothing, source.Token);
            throw new InvalidOperationException("The run was not broken off.");
        }
        catch (OperationCanceledException)
        {
        }

        var hash = Hash(kept with { Callbacks = [watcher] });
        return watcher.Messages.Any(message => message.StartsWith("Resumed after step 1 of epoch 2", StringComparison.Ordinal))
            ? hash
            : throw new InvalidOperationException($"The run was not resumed: {string.Join(", ", watcher.Messages)}");

        void Cancel(int number)
        {
            if (number == StepsBeforeBreak)
                source.Cancel();
        }
    }

    /// <summary>Trains a network and writes it into a file.</summary>
    public void Save(TrainingPlan plan, string path) => Train(plan, student =>
    {
        NetworkWeights.Save(student, path);
        return "";
    });

    private static string HashNothing(ImageNetwork student) => "";

    private string Train(TrainingPlan plan, Func<ImageNetwork, string> use, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(architecture with { InputShape = _training.Shape }, ClassCount);
        trainer.Run(student, _training, _validation, token);
        return use(student);
    }

    private static string HashOf(ImageNetwork network, params ReadOnlySpan<double> others)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var statistics = network.Normalization.Statistics;
        foreach (var number in (ReadOnlySpan<double>)[.. statistics.Mean, .. statistics.Std, .. others])
            hash.AppendData(BitConverter.GetBytes(number));
        foreach (var (key, tensor) in network.Body.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            var shape = string.Join(',', tensor.shape);
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"\n{key} {tensor.dtype} [{shape}]\n")));
            hash.AppendData(tensor.detach().cpu().contiguous().bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Classes of 12, 12, 11 and 5 of 40 rows, a bright stripe in its own place for each; every third row counts double.
    private static DecodedCache Draw(int count, int seed)
    {
        var shape = new ImageShape(3, 12, 12);
        var rows = new DecodedCache(shape, ["a", "b", "c", "d"]);
        var random = new Random(seed);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < count; row++)
        {
            var label = row % 7 % ClassCount;
            random.NextBytes(pixels);
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(i / shape.Width % shape.Height / 3 == label ? 96 + pixels[i] / 2 : pixels[i] / 2 + 32);
            rows.Add(pixels, label, weight: row % 3 == 0 ? 2 : 1);
        }

        return rows;
    }

    private sealed class Watcher : TrainingCallback
    {
        public required Action BatchEnd { get; init; }

        public List<string> Messages { get; } = [];

        public override void OnBatchEnd(TrainingState state) => BatchEnd();

        public override void OnMessage(string message, bool isWarning) => Messages.Add(message);
    }
}
