using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

public sealed class ImageColumnTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly List<InputRow> _rows = TestRows.Make(40);
    private readonly IDataView _files;

    public ImageColumnTests()
    {
        foreach (var row in _rows)
            File.WriteAllBytes(_folder.File($"{row.Number}.png"), row.Image);
        _files = _ml.Data.LoadFromEnumerable(
            _rows.Select(row => new FileRow { Number = row.Number, File = _folder.File($"{row.Number}.png") }));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_kinds_of_image_columns_give_the_same_scores()
    {
        var expected = Scores(_ml.Data.LoadFromEnumerable(_rows), "Image");
        var images = _ml.Transforms.LoadImages("Image", "", "File").Fit(_files).Transform(_files);
        Assert.Equal(expected, Scores(_files, "File"));
        Assert.Equal(expected, Scores(images, "Image"));
        foreach (var (interleaved, asFloats) in new[] { (false, true), (true, true), (false, false), (true, false) })
        {
            var pixels = _ml.Transforms.ExtractPixels(
                "Pixels", "Image", interleavePixelColors: interleaved, outputAsFloatArray: asFloats).Fit(Sized(images));
            Assert.Equal(expected, Scores(pixels.Transform(Sized(images)), "Pixels"));
        }

        var raw = _ml.Transforms.LoadRawImageBytes("Bytes", "", "File").Fit(_files).Transform(_files);
        Assert.Equal(expected, Scores(raw, "Bytes"));
        Assert.Equal(expected, Scores(_ml.Data.LoadFromEnumerable(_rows.Select(ToPlanar)), "Flat"));
    }

    [Fact]
    public void Resized_images_pass_through_alive()
    {
        // To the size that the images already have: ResizeImages hands out its source then.
        var view = TestModels.Fake(out _).Transform(Sized(_ml.Transforms.LoadImages("Image", "", "File").Fit(_files).Transform(_files)));
        var number = 0;
        foreach (var row in _ml.Data.CreateEnumerable<MLImageRow>(view, reuseRowObject: false))
        {
            Assert.Equal((8, 8), (row.Image!.Width, row.Image.Height));
            Assert.Equal(MLImage.CreateFromFile(_folder.File($"{number}.png")).Pixels, row.Image.Pixels);
            Assert.Equal((uint)(number % 3 + 1), row.PredictedLabel);
            number++;
            row.Image.Dispose();
        }

        Assert.Equal(40, number);
    }

    [Fact]
    public void Images_in_memory_stay_usable_after_fit_and_transform()
    {
        var images = _rows.Select(row => MLImage.CreateFromStream(new MemoryStream(row.Image))).ToList();
        var data = _ml.Data.LoadFromEnumerable(_rows.Select((row, i) => new LabelledImageRow { Label = row.Label, Image = images[i] }));
        var keys = TestRows.WithKeys(_ml, data);
        var trainer = _ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with { MaxEpochs = 1 });
        for (var pass = 0; pass < 2; pass++)
            trainer.Fit(keys).Dispose();
        var expected = Scores(_ml.Data.LoadFromEnumerable(_rows), "Image");
        for (var pass = 0; pass < 2; pass++)
        {
            Assert.Equal(expected, Scores(keys, "Image"));
            // The images themselves, and those that pass through, are read, too.
            var view = TestModels.Fake(out _).Transform(keys);
            Assert.Equal(40, _ml.Data.CreateEnumerable<MLImageRow>(view, reuseRowObject: false).Count(row => row.Image!.Width == 8));
        }

        Assert.All(images.Zip(_rows), pair =>
            Assert.Equal(MLImage.CreateFromStream(new MemoryStream(pair.Second.Image)).Pixels, pair.First.Pixels));
    }

    [Fact]
    public void An_elongated_image_is_scored_and_one_of_too_many_pixels_spares_the_other_rows_of_its_block()
    {
        byte[][] images =
        [
            _rows[0].Image, Images.GreyPng(1, 200_000, grey: 90), Images.GreyPng(16384, 16384, whole: false), _rows[1].Image,
        ];
        var view = TestModels.Fake(out _).Transform(_ml.Data.LoadFromEnumerable(images.Select(image => new InputRow { Image = image })));
        using var cursor = view.GetRowCursor([view.Schema["Score"]]);
        var getScore = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> score = default;
        var errors = new List<string?>();
        while (cursor.MoveNext())
            errors.Add(Record.Exception(() => getScore(ref score))?.Message);
        Assert.Equal(4, errors.Count);
        Assert.StartsWith(
            "Row 2: the image in column 'Image' cannot be used. The Png image of 16384x16384 pixels", errors[2], StringComparison.Ordinal);
        Assert.All([0, 1, 3], row => Assert.Null(errors[row]));
    }

    [Fact]
    public void A_row_whose_image_fails_before_it_is_read_is_named()
    {
        var none = _ml.Data.LoadFromEnumerable(Array.Empty<PathAndBytes>());
        var failing = _ml.Transforms.CustomMapping<PathAndBytes, OtherBytes>(
            (from, to) => to.Other = from.ImagePath == "bad.jpg" ? throw new InvalidOperationException("No such row.") : _rows[0].Image,
            contractName: null).Fit(none);
        using var engine = _ml.Model.CreatePredictionEngine<PathAndBytes, OutputScore>(
            new TransformerChain<ITransformer>(failing, TestModels.Fake(out _, TestModels.Columns with { Image = "Other" })));
        Assert.Equal(3, engine.Predict(new PathAndBytes { ImagePath = "good.jpg" }).Score.Length);
        Assert.Equal(
            "Row 1: the image in column 'Other', from 'bad.jpg', cannot be used. The image cannot be read: No such row.",
            Assert.Throws<ImageDecodingException>(() => engine.Predict(new PathAndBytes { ImagePath = "bad.jpg" })).Message);
    }

    [Theory]
    [InlineData("Number", "Image column 'Number' is Int32; expected encoded bytes, text path, MLImage, or a known-size float vector.")]
    [InlineData(
        "Numbers",
        "Image column 'Numbers' is Vector<Single> of unknown size; " +
        "expected encoded bytes, text path, MLImage, or a known-size float vector.")]
    [InlineData("Picture", "Image column 'Picture' is not there; the columns are 'Number', 'Label', 'Image', 'Numbers'.")]
    public void Column_that_is_no_image_is_refused(string column, string message)
    {
        var transformer = TestModels.Fake(out _, TestModels.Columns with { Image = column });
        var data = _ml.Data.LoadFromEnumerable(_rows);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => transformer.Transform(data)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => ((ITransformer)transformer).GetRowToRowMapper(data.Schema)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => ImageColumn.Check(Shapes.Of(data.Schema), column)).Message);
    }

    [Fact]
    public void Pixels_of_another_size_are_refused()
    {
        var images = _ml.Transforms.LoadImages("Image", "", "File")
            .Append(_ml.Transforms.ResizeImages("Image", 9, 8))
            .Append(_ml.Transforms.ExtractPixels("Pixels", "Image"));
        var view = images.Fit(_files).Transform(_files);
        var error = Assert.Throws<ArgumentException>(() => Scores(view, "Pixels"));
        Assert.Equal(
            "Image column 'Pixels' is Vector<Single> of 3x8x9; the network takes 3x8x8. Put ResizeImages before ExtractPixels, or set " +
            "the size of the network's input.",
            error.Message);
    }

    [Fact]
    public void Scaled_pixels_are_refused()
    {
        var images = _ml.Transforms.LoadImages("Image", "", "File")
            .Append(_ml.Transforms.ResizeImages("Image", 8, 8))
            .Append(_ml.Transforms.ExtractPixels("Pixels", "Image", offsetImage: 128));
        var error = Assert.Throws<ImageDecodingException>(() => Scores(images.Fit(_files).Transform(_files), "Pixels"));
        Assert.StartsWith("Row 0: the image in column 'Pixels' cannot be used. A pixel is -", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_image_names_its_row_and_file_and_spares_the_rows_before()
    {
        File.WriteAllText(_folder.File("5.png"), "This is a text.");
        var view = TestModels.Fake(out _, TestModels.Columns with { Image = "File" }).Transform(_files);
        Assert.Equal(5, view.GetColumn<uint>("PredictedLabel").Take(5).Count());
        var error = Assert.Throws<ImageDecodingException>(() => view.GetColumn<uint>("PredictedLabel").Last());
        Assert.StartsWith(
            $"Row 5: the image in column 'File', from '{_folder.File("5.png")}', cannot be used. 15 bytes are not an image of a known " +
            "format",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_beside_a_path_column_name_the_path()
    {
        var data = _ml.Data.LoadFromEnumerable([new PathAndBytes { ImagePath = "a/b.jpg", Image = [] }]);
        var error = Assert.Throws<ImageDecodingException>(() => Scores(data, "Image"));
        Assert.Equal("Row 0: the image in column 'Image', from 'a/b.jpg', cannot be used. The image has no bytes.", error.Message);
        var engine = _ml.Model.CreatePredictionEngine<PathAndBytes, OutputScore>(TestModels.Fake(out _));
        Assert.Contains(
            "from 'a/b.jpg'",
            Assert.Throws<ImageDecodingException>(() => engine.Predict(new PathAndBytes { ImagePath = "a/b.jpg", Image = [1] })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_and_missing_image_say_so()
    {
        File.Delete(_folder.File("0.png"));
        Assert.Contains(
            "The file cannot be read",
            Assert.Throws<ImageDecodingException>(() => Scores(_files, "File")).Message,
            StringComparison.Ordinal);
        var none = _ml.Data.LoadFromEnumerable([new MLImageRow()]);
        Assert.Contains(
            "There is no image in the row.",
            Assert.Throws<ImageDecodingException>(() => Scores(none, "Image")).Message,
            StringComparison.Ordinal);
    }

    private static List<float[]> Scores(IDataView view, string column) =>
        [.. TestModels.Fake(out _, TestModels.Columns with { Image = column }).Transform(view).GetColumn<float[]>("Score")];

    private IDataView Sized(IDataView images) => _ml.Transforms.ResizeImages("Image", 8, 8).Fit(images).Transform(images);

    private static PlanarRow ToPlanar(InputRow row)
    {
        var pixels = new byte[TestImages.Shape.ByteCount];
        ImageDecoder.Decode(row.Image, TestImages.Shape, pixels);
        return new PlanarRow { Flat = Array.ConvertAll(pixels, pixel => (float)pixel) };
    }

    private sealed class FileRow
    {
        public int Number { get; set; }

        public string File { get; set; } = "";
    }

    private sealed class MLImageRow
    {
        [ImageType(8, 8)]
        public MLImage? Image { get; set; }

        public uint PredictedLabel { get; set; }
    }

    private sealed class LabelledImageRow
    {
        public string Label { get; set; } = "";

        [ImageType(8, 8)]
        public MLImage? Image { get; set; }
    }

    private sealed class OtherBytes
    {
        public byte[] Other { get; set; } = [];
    }

    private sealed class PlanarRow
    {
        [VectorType(3 * 8 * 8)]
        public float[] Flat { get; set; } = [];
    }

    private sealed class PathAndBytes
    {
        public string ImagePath { get; set; } = "";

        public byte[] Image { get; set; } = [];
    }

    private sealed class OutputScore
    {
        public float[] Score { get; set; } = [];
    }
}
