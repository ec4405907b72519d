using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Teachers that see the files of the training rows at their own size, whatever the student sees.</summary>
public sealed class FileRowsTeacherTests : IDisposable
{
    private const int Count = 12;
    private static readonly ImageShape _small = new(3, 8, 8);
    private static readonly ImageShape _large = new(3, 20, 16);
    private static readonly SmallCnn _student = new() { InputShape = _small, Width = 4 };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 4,
        MaxEpochs = 1,
        Objective = new KnowledgeDistillation(),
        Seed = 3,
    };

    private static readonly TrainedTeacher _teacher = new(new SmallCnn { Width = 4 })
    {
        Recipe = new TeacherRecipe { BatchSize = 4, ImageWidth = _large.Width, ImageHeight = _large.Height },
        ReadsFiles = true,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rows_are_decoded_from_their_files_at_another_size()
    {
        using var rows = Write();
        var larger = FileRows.TryOf(rows, _large)!;
        Assert.Equal((Count, _large, 1), (larger.Count, larger.Shape, larger.GetLabel(7)));
        Assert.Equal(7, larger.Extras!.GetWeight(7));
        Assert.Equal(Decoded(7), Pixels(larger, 7));
        var some = FileRows.TryOf(new SourceSubset(rows, [9, 4]), _large)!;
        Assert.Equal(Decoded(4), Pixels(some, 1));
        Assert.Equal((2, 4), (some.Count, RowOrigin.Of(some, 1)));
        Assert.Same(rows, FileRows.TryOf(rows, _small));
    }

    [Fact]
    public void Rows_without_a_file_of_their_own_are_none()
    {
        // A file that is a name alone: the row may be a crop of it.
        using var names = Write(areImages: false);
        Assert.Null(FileRows.TryOf(names, _large));
        Assert.Null(FileRows.TryOf(new SourceWithoutExtras(names), _large));
        using var rows = Write();
        File.Delete(PathOf(5));
        Assert.Null(FileRows.TryOf(rows, _large));
    }

    [Fact]
    public void Teacher_is_asked_about_the_files_once()
    {
        using var rows = Write();
        using var teacher = Open(rows, out var said);
        using var late = Open(rows, out _);
        Assert.DoesNotContain(said, message => message.Contains("resized", StringComparison.Ordinal));
        Assert.True(teacher.KnowsTrainingRowsOnly);
        // The same network, trained on images that were decoded at its size from the start.
        using var large = new DecodedCache(_large, rows.ClassNames);
        for (var row = 0; row < Count; row++)
            large.Add(Decoded(row), rows.GetLabel(row), weight: row);
        using var twin = new TeacherTraining(_plan, _student, large, null, _ => { }, default).Train(
            new() { Architecture = _teacher.Architecture, Objective = _teacher.Objective, Recipe = _teacher.Recipe });
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        int[] asked = [3, 11, 3];
        twin.eval();
        var images = stack([.. asked.Select(row => tensor(Decoded(row)).view(3, _large.Height, _large.Width))]);
        var expected = twin.Run(twin.Path.Arrange(images)).Logits;
        var answer = Ask(teacher, asked);
        Assert.True(answer.allclose(expected, 1e-4, 1e-5), $"{answer.str()} {expected.str()}");
        Directory.GetFiles(_folder).ToList().ForEach(File.Delete);
        Assert.True(Ask(teacher, 11, 3).equal(answer[TensorIndex.Slice(1, 3)]).all().item<bool>());
        Assert.Throws<FileNotFoundException>(() => Ask(late, 4));

        // Of the student's images nothing is seen: they are black.
        static Tensor Ask(Teacher teacher, params int[] asked) => teacher.Teach(new ImageBatch(
            zeros(asked.Length, 3, 8, 8, ScalarType.Byte), Targets.FromLabels(zeros(asked.Length, ScalarType.Int64), 2), asked, View: 1)).Logits;
    }

    [Fact]
    public void Students_images_take_the_place_of_files_that_are_not_known()
    {
        using var rows = Write(areImages: false);
        using var teacher = Open(rows, out var said);
        Assert.Contains("Teacher 1 sees the student's images, resized: not all of them are those of files that are there.", said);
        Assert.False(teacher.KnowsTrainingRowsOnly);
    }

    [Fact]
    public void Features_and_mixtures_are_refused()
    {
        using var rows = Write();
        Assert.Contains("AttentionTransfer", Refused(_plan with { Objective = new CrossEntropy() + new AttentionTransfer() }).Message,
            StringComparison.Ordinal);
        Assert.Contains("the plan mixes images", Refused(_plan with { Mixing = new Mixup() }).Message, StringComparison.Ordinal);

        InvalidOperationException Refused(TrainingPlan plan)
        {
            var heard = new Listener();
            var trainer = new Trainer(plan with { Teacher = _teacher, Callbacks = [heard] });
            var refusal = Assert.Throws<InvalidOperationException>(() =>
            {
                using var network = trainer.CreateStudent(_student, rows.ClassNames);
                trainer.Run(network, rows, null);
            });
            // Before the teacher is trained.
            Assert.Empty(heard.Messages);
            return refusal;
        }
    }

    [Fact]
    public void A_run_learns_of_the_files()
    {
        using var rows = Write();
        var (seeing, blind) = (Weights(_teacher), Weights(_teacher with { ReadsFiles = false }));
        Assert.Equal(seeing, Weights(_teacher));
        Assert.NotEqual(seeing, blind);

        byte[] Weights(TeacherSource teacher)
        {
            var trainer = new Trainer(_plan with { Teacher = teacher });
            using var network = trainer.CreateStudent(_student, rows.ClassNames);
            trainer.Run(network, rows, null);
            return [.. network.parameters().SelectMany(parameter => parameter.detach().contiguous().bytes.ToArray())];
        }
    }

    [Fact]
    public void Files_are_those_of_all_rows_and_are_looked_for_once()
    {
        using var rows = Write();
        var (kept, heldOut) = StratifiedSplit.Cut(rows, 0.25, seed: 1);
        var request = new TeacherTrainingRequest
        {
            Architecture = _teacher.Architecture,
            Objective = _teacher.Objective,
            Epochs = 1,
            Recipe = _teacher.Recipe,
            ReadsFiles = true,
        };
        var training = new TeacherTraining(_plan, _student, kept, heldOut, _ => { }, default);
        training.Train(request).Dispose();
        var files = training.GetFileRows(request)!;
        Assert.Equal(Decoded(RowOrigin.Of(kept, 2)), Pixels(files, 2));
        Assert.Null(training.GetFileRows(request with { ReadsFiles = false }));
        // One that vanishes later is missed by its name, and not seen in another way.
        File.Delete(PathOf(RowOrigin.Of(kept, 2)));
        Assert.Same(files, training.GetFileRows(request));
        Assert.Throws<FileNotFoundException>(() => Pixels(files, 2));

        // The best epoch is not chosen by another kind of images.
        using var others = Write();
        var mixed = new TeacherTraining(_plan, _student, others, new SourceWithoutExtras(others), _ => { }, default);
        Assert.Null(mixed.GetFileRows(request));
    }

    [Fact]
    public void Extras_of_other_images_have_no_files()
    {
        using var rows = Write();
        var extras = rows.Extras!.WithoutImageFiles();
        Assert.Equal((7, PathOf(7), null), (extras.GetWeight(7), extras.GetFile(7), extras.GetImageFile(7)));
        Assert.Equal(PathOf(7), rows.Extras!.GetImageFile(7));
    }

    private static Teacher Open(DecodedCache rows, out List<string> said)
    {
        var messages = said = [];
        return _teacher.Open(new TeacherContext(rows.ClassNames, _small, CPU)
        {
            Training = rows,
            TeacherTraining = new TeacherTraining(_plan, _student, rows, null, messages.Add, default),
        });
    }

    private sealed class Listener : TrainingCallback
    {
        public List<string> Messages { get; } = [];

        public override void OnMessage(string message, bool isWarning) => Messages.Add(message);
    }

    private static byte[] Pixels(IImageSource source, int row)
    {
        var pixels = new byte[source.Shape.ByteCount];
        source.ReadPixels(row, pixels);
        return pixels;
    }

    private string PathOf(int row) => Path.Combine(_folder, $"{row}.png");

    private byte[] Decoded(int row)
    {
        var pixels = new byte[_large.ByteCount];
        ImageFile.Decode(PathOf(row), _large, pixels);
        return pixels;
    }

    // Stripes of two pixels, which are one wide at the teacher's size, and of which little is left at the student's.
    private DecodedCache Write(bool areImages = true)
    {
        var rows = new DecodedCache(_small, ["across", "down"]) { FilesAreImages = areImages };
        var pixels = new byte[_small.ByteCount];
        for (var row = 0; row < Count; row++)
        {
            var (number, label) = (row, row % 2);
            File.WriteAllBytes(PathOf(row), Images.Encode(32, 40, (x, y) =>
                (label == 0 ? x : y) / 2 % 2 == 0 ? SKColors.White : new SKColor((byte)(10 * number), 0, 0)));
            ImageFile.Decode(PathOf(row), _small, pixels);
            rows.Add(pixels, label, weight: row, file: PathOf(row));
        }

        return rows;
    }
}
