using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

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
