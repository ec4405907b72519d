using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>Training on images that are more than their memory budget.</summary>
public sealed class ImageMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_do_not_depend_on_the_memory_budget()
    {
        using var inMemory = TrainingRuns.Fit();
        foreach (var budget in new[] { 0L, 192 * 50 })
        {
            using var other = TrainingRuns.Fit(options: Small(budget));
            Assert.Equal(inMemory.Model.Card.WeightsSha256, other.Model.Card.WeightsSha256);
            Assert.Equal(inMemory.Model.Card.Training.Metrics, other.Model.Card.Training.Metrics);
        }
    }

    [Fact]
    public void Rows_of_a_validation_set_share_the_budget()
    {
        string Weights(long budget, out List<string> lines)
        {
            var ml = new MLContext(seed: 1);
            lines = Messages(ml);
            using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(
                Small(budget) with { ValidationSet = TrainingRuns.Rows(ml, 30) }).Fit(TrainingRuns.Rows(ml));
            return model.Model.Card.WeightsSha256;
        }

        var expected = Weights(192 * 120, out var none);
        Assert.DoesNotContain(none, line => line.Contains("memory budget", StringComparison.Ordinal));
        Assert.Equal(expected, Weights(192 * 100, out var some));
        Assert.Contains("3840 bytes of decoded images are beyond the memory budget of 19200, and are read from a file.", some);
        Assert.Equal(expected, Weights(192 * 10, out var most));
        Assert.Contains("21120 bytes of decoded images are beyond the memory budget of 1920, and are read from a file.", most);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("an image")]
    [InlineData("an image for validation")]
    [InlineData("a callback")]
    [InlineData("the token")]
    public void No_file_is_left_whatever_goes_wrong(string what)
    {
        var ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        var open = new List<int>();
        var options = Small(192) with
        {
            ValidationSet = Rows(ml, spoilt: what == "an image for validation"),
            CancellationToken = source.Token,
            MetricsCallback = _ =>
            {
                open.Add(CountFiles());
                if (what == "a callback")
                    throw new ArithmeticException("Enough.");
                if (what == "the token")
                    source.Cancel();
            },
        };
        var error = Record.Exception(() =>
            ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(Rows(ml, spoilt: what == "an image")).Dispose());
        Assert.Equal(what switch
        {
            "nothing" => null,
            "a callback" => typeof(ArithmeticException),
            "the token" => typeof(OperationCanceledException),
            _ => typeof(ImageDecodingException),
        }, error?.GetType());
        Assert.Equal(what switch
        {
            "nothing" => [2, 2, 2],
            "a callback" or "the token" => [2],
            _ => Array.Empty<int>(),
        }, open);
        Assert.Equal(0, CountFiles());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_folder_that_cannot_be_used_is_named_before_an_image_is_decoded()
    {
        var file = _folder.File("file");
        File.WriteAllBytes(file, []);
        var error = Assert.Throws<IOException>(() =>
            TrainingRuns.Fit(options: Small(192) with { ImageCacheDirectory = file }, rows: ml => Rows(ml, spoilt: true)));
        Assert.Contains($"the file '{file}{Path.DirectorySeparatorChar}tfkd-", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Choose another folder or a larger budget.", error.Message, StringComparison.Ordinal);
        // Where all fit in there is no file.
        TrainingRuns.Fit(options: TrainingRuns.Options with { ImageCacheDirectory = file }).Dispose();
    }

    [Fact]
    public void A_budget_below_0_is_refused() => Assert.StartsWith(
        "ImageMemoryBudget must be 0 or above",
        Assert.Throws<ArgumentOutOfRangeException>(() => new TorchImageClassificationTrainer.Options { ImageMemoryBudget = -1 }).Message,
        StringComparison.Ordinal);

    private static IDataView Rows(MLContext ml, bool spoilt)
    {
        var rows = TestRows.Make(60);
        if (spoilt)
            rows[0].Image = [1, 2, 3];
        return TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(rows));
    }

    private static List<string> Messages(MLContext ml)
    {
        var lines = new List<string>();
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Info)
                lines.Add(message.RawMessage);
        };
        return lines;
    }

    private TorchImageClassificationTrainer.Options Small(long budget) =>
        TrainingRuns.Options with { ImageMemoryBudget = budget, ImageCacheDirectory = _folder.Path };

    // Files that lost their name are found among the process's open ones.
    private int CountFiles() => OperatingSystem.IsLinux()
        ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(link =>
            new FileInfo(link).LinkTarget?.StartsWith(_folder.Path, StringComparison.Ordinal) == true)
        : Directory.EnumerateFileSystemEntries(_folder.Path).Count();
}
