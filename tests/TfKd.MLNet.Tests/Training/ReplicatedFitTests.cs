using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>A Fit of several replicas.</summary>
public sealed class ReplicatedFitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Each would draw a seed of its own, and with it other rows to validate on.</summary>
    [Fact]
    public void Replicas_without_a_seed_take_that_of_the_first_and_end_with_one_model()
    {
        var messages = new List<string>();
        var fits = ThreadReplicas.Run(2, replicas =>
        {
            using var model = TrainingRuns.Fit(seed: null, TrainingRuns.Options with
            {
                Replicas = replicas,
                MessageCallback = message => messages.Add($"{replicas.Rank}: {message}"),
            });
            var scored = model.Transform(TrainingRuns.Rows(new MLContext(1))).GetColumn<VBuffer<float>>("Score");
            return (Scores: scored.SelectMany(score => score.DenseValues()).ToArray(), Card: model.Model.Card.Training.Metrics);
        });
        Assert.All(fits, fit => Assert.Null(fit.Exception));
        Assert.Equal(fits[0].Result.Scores, fits[1].Result.Scores);
        Assert.Equal(fits[0].Result.Card, fits[1].Result.Card);
        Assert.NotEmpty(messages);
        Assert.All(messages, message => Assert.StartsWith("0: ", message, StringComparison.Ordinal));
    }

    /// <summary>Encoded bytes cannot be read again, so that each keeps all of them, and learns from the same rows.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_files_each_keeps_its_share_and_the_model_is_that_of_replicas_that_keep_all(bool areListed)
    {
        var rows = WriteFiles();
        var kept = new int[3];
        var ofFiles = FitAll(
            3,
            ml => areListed
                ? ml.Data.LoadFromEnumerable(rows.Select(row => new { row.Label, Image = PathOf(row) }))
                : ml.Data.LoadImagesFromFolder(_folder.Path),
            kept);
        Assert.All(kept, count => Assert.InRange(count, 20, 40));
        Assert.Equal(90, kept.Sum());
        var none = new int[3];
        var ofBytes = FitAll(3, ml => ml.Data.LoadFromEnumerable(rows), none);
        Assert.Equal([0, 0, 0], none);
        Assert.All(ofFiles.Concat(ofBytes), fit => Assert.Null(fit.Exception));
        Assert.All(ofFiles.Concat(ofBytes), fit => Assert.Equal(ofBytes[0].Result, fit.Result));
    }

    [Fact]
    public void One_process_goes_on_with_what_several_that_share_files_began()
    {
        var rows = WriteFiles();
        var options = TrainingRuns.Options with { CheckpointDirectory = _folder.File("checkpoints"), Schedule = new ConstantSchedule() };
        FitAll(3, Files, [0, 0, 0], options with { MaxEpochs = 2 });
        var messages = new List<string>();
        using var model = TrainingRuns.Fit(1, options with { MaxEpochs = 3, MessageCallback = messages.Add }, ml => TestRows.WithKeys(ml, Files(ml)));
        Assert.Contains(messages, message => message.StartsWith("Resumed after epoch 2 of 3", StringComparison.Ordinal));

        IDataView Files(MLContext ml) => ml.Data.LoadFromEnumerable(rows.Select(row => new { row.Label, Image = PathOf(row) }));
    }

    /// <summary>Only the process that has the photo meets it.</summary>
    [Fact]
    public void A_photo_that_cannot_be_decoded_ends_all_with_its_name_or_is_left_out_by_all()
    {
        var rows = WriteFiles();
        File.WriteAllBytes(PathOf(rows[7]), [1, 2, 3]);
        var kept = new int[3];
        var failed = FitAll(3, Files, kept);
        var named = Assert.Single(failed, fit => fit.Exception is ImageDecodingException);
        Assert.Contains(PathOf(rows[7]), named.Exception!.Message, StringComparison.Ordinal);
        const string OfOthers = "Another process of the run refused it, and says why; this one would have gone on.";
        Assert.Equal(2, failed.Count(fit => fit.Exception is InvalidOperationException { Message: OfOthers }));

        var fits = FitAll(3, Files, kept, TrainingRuns.Options with { UndecodableImages = UndecodableImages.Skip });
        Assert.All(fits, fit => Assert.Null(fit.Exception));
        Assert.All(fits, fit => Assert.Equal(fits[0].Result, fit.Result));
        Assert.Equal(89, kept.Sum());
        Assert.Equal("80 and 9", fits[0].Result.Rows);

        IDataView Files(MLContext ml) => ml.Data.LoadFromEnumerable(rows.Select(row => new { row.Label, Image = PathOf(row) }));
    }

    /// <summary>Who cannot decode which is told of rows that are as many in each.</summary>
    [Fact]
    public void Other_numbers_of_rows_are_refused_also_where_a_photo_cannot_be_decoded()
    {
        var rows = WriteFiles();
        File.WriteAllBytes(PathOf(rows[7]), [1, 2, 3]);
        var skipping = TrainingRuns.Options with { UndecodableImages = UndecodableImages.Skip };
        var fits = FitAll(3, Files, new int[3], _ => skipping);
        Assert.All(fits, fit => Assert.IsType<InvalidOperationException>(fit.Exception));
        Assert.Contains(
            "The replicas must run one plan on the same rows, but that of rank 0 has 'Rows: 8", fits[2].Exception!.Message,
            StringComparison.Ordinal);

        IDataView Files(MLContext ml, int rank) =>
            ml.Data.LoadFromEnumerable(rows.SkipLast(5 * rank).Select(row => new { row.Label, Image = PathOf(row) }));
    }

    /// <summary>What is settled about photos is settled by all in the same calls, whatever sets of rows each has.</summary>
    [Fact]
    public void A_validation_set_that_one_has_is_refused_also_where_a_photo_cannot_be_decoded()
    {
        var rows = WriteFiles();
        File.WriteAllBytes(PathOf(rows[7]), [1, 2, 3]);
        var skipping = TrainingRuns.Options with { UndecodableImages = UndecodableImages.Skip };
        var ml = new MLContext(seed: 1);
        var withSet = skipping with { ValidationSetFraction = null, ValidationSet = TestRows.WithKeys(ml, Files(ml)) };
        var fits = FitAll(2, (ml, _) => Files(ml), new int[2], rank => rank == 0 ? withSet : skipping with { ValidationSetFraction = null });
        Assert.All(fits, fit => Assert.IsType<InvalidOperationException>(fit.Exception));
        Assert.Contains("The replicas must run one plan on the same rows, but that of rank 0 has ", fits[1].Exception!.Message, StringComparison.Ordinal);

        IDataView Files(MLContext ml) => ml.Data.LoadFromEnumerable(rows.Select(row => new { row.Label, Image = PathOf(row) }));
    }

    private static ((string Weights, string Rows) Result, Exception? Exception)[] FitAll(
        int count, Func<MLContext, IDataView> rows, int[] kept, TorchImageClassificationTrainer.Options? options = null) =>
        FitAll(count, (ml, _) => rows(ml), kept, _ => options ?? TrainingRuns.Options);

    private static ((string Weights, string Rows) Result, Exception? Exception)[] FitAll(
        int count, Func<MLContext, int, IDataView> rows, int[] kept, Func<int, TorchImageClassificationTrainer.Options> options) =>
        ThreadReplicas.Run(count, replicas =>
        {
            var ml = new MLContext(seed: 1);
            ml.Log += (_, message) =>
            {
                if (message.RawMessage.Contains(" images are kept decoded in this process,", StringComparison.Ordinal))
                    kept[replicas.Rank] = int.Parse(message.RawMessage.Split(' ')[0], CultureInfo.InvariantCulture);
            };
            using var model = ml.MulticlassClassification.Trainers
                .TorchImageClassification(options(replicas.Rank) with { Replicas = replicas })
                .Fit(TestRows.WithKeys(ml, rows(ml, replicas.Rank)));
            var training = model.Model.Card.Training;
            return (model.Model.Card.WeightsSha256, $"{training.Rows.Sum(row => row.Training)} and {training.Rows.Sum(row => row.Validation)}");
        });

    private List<InputRow> WriteFiles()
    {
        List<InputRow> rows = [.. TestRows.Make(90).OrderBy(row => row.Label, StringComparer.Ordinal)];
        foreach (var row in rows)
        {
            Directory.CreateDirectory(_folder.File(row.Label));
            File.WriteAllBytes(PathOf(row), row.Image);
        }

        return rows;
    }

    private string PathOf(InputRow row) => Path.Combine(_folder.File(row.Label), $"{row.Number:00}.png");
}
