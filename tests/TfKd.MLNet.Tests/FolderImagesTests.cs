using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class FolderImagesTests : IDisposable
{
    private const string AllNames = "*.png, *.jpg, *.jpeg, *.jpe, *.jfif, *.gif, *.bmp, *.dib, *.webp, *.ico, *.wbmp";

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_come_in_the_order_of_their_names_with_the_folder_as_label()
    {
        Write("b", "1.png");
        Write("a", "2.JPG");
        Write("a", "10.jpeg");
        Write("B", "x.webp");
        Write("a", "notes.txt");
        Write("a", ".hidden.png");
        Directory.CreateDirectory(_folder.File("empty"));
        var view = _ml.Data.LoadImagesFromFolder(_folder.Path);
        Assert.Equal(["B", "a", "a", "b"], view.GetColumn<string>("Label"));
        Assert.Equal(["x.webp", "10.jpeg", "2.JPG", "1.png"], view.GetColumn<string>("ImagePath").Select(Path.GetFileName));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Byte), view.Schema["Image"].Type);
        Assert.Equal("a/2.JPG"u8.ToArray(), view.GetColumn<byte[]>("Image").ElementAt(2));
        Assert.Equal(4, view.GetRowCount());
        Assert.True(view.CanShuffle);
    }

    [Fact]
    public void Bytes_are_read_when_a_row_is_and_only_then()
    {
        Write("a", "1.png");
        Write("a", "2.png");
        var view = _ml.Data.LoadImagesFromFolder(_folder.Path);
        File.WriteAllText(_folder.File("a/1.png"), "new");
        File.Delete(_folder.File("a/2.png"));
        Assert.Equal(2, view.GetColumn<string>("Label").Count());
        Assert.Equal("new"u8.ToArray(), view.GetColumn<byte[]>("Image").First());
        Assert.Empty(view.GetColumn<byte[]>("Image").Last());
    }

    [Fact]
    public void Transformer_reads_no_image_where_no_score_is_asked_for_and_names_the_file_where_one_is()
    {
        Write("a", "1.png");
        var view = TestModels.Fake(out _).Transform(_ml.Data.LoadImagesFromFolder(_folder.Path));
        File.Delete(_folder.File("a/1.png"));
        Assert.Equal(["a"], view.GetColumn<string>("Label"));
        Assert.StartsWith(
            $"Row 0: the image in column 'Image', from '{_folder.File("a/1.png")}', cannot be used. The file cannot be read: ",
            Assert.Throws<ImageDecodingException>(() => view.GetColumn<float[]>("Score").First()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Split_and_shuffle_keep_rows_whole()
    {
        for (var i = 0; i < 50; i++)
            Write($"class{i % 5}", $"{i}.png");
        var split = _ml.Data.TrainTestSplit(_ml.Data.ShuffleRows(_ml.Data.LoadImagesFromFolder(_folder.Path)), 0.3);
        var rows = new[] { split.TrainSet, split.TestSet }.SelectMany(view =>
            _ml.Data.CreateEnumerable<Row>(view, reuseRowObject: false)).ToList();
        Assert.Equal(50, rows.Select(row => row.ImagePath).Distinct().Count());
        Assert.All(
            rows, row => Assert.Equal($"{row.Label}/{Path.GetFileName(row.ImagePath)}", System.Text.Encoding.UTF8.GetString(row.Image)));
    }

    [Fact]
    public void Unusable_folders_are_named_with_what_was_expected()
    {
        var missing = _folder.File("none");
        Assert.Equal($"The folder '{missing}' is not there; expected one with a sub-folder of images for each class.",
            Assert.Throws<DirectoryNotFoundException>(() => _ml.Data.LoadImagesFromFolder(missing)).Message);
        Assert.Equal($"The folder '{_folder.Path}' has no sub-folders; expected one for each class, with the images of the class in it. " +
            "Images without labels, to be predicted, are read with labelled: false.",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromFolder(_folder.Path)).Message);
        Write("a", "notes.txt");
        Assert.Equal($"No sub-folder of '{_folder.Path}' has an image; expected files named {AllNames}.",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromFolder(_folder.Path)).Message);
    }

    [Fact]
    public void Hidden_folders_and_those_of_the_system_are_no_classes()
    {
        Write("a", "1.png");
        foreach (var folder in new[] { ".ipynb_checkpoints", ".thumbnails", "__MACOSX", "@eaDir", "a/.cache" })
            Write(folder, "2.png");
        Write("a", "Thumbs.db");
        var warnings = Warnings(_ml);
        Assert.Equal(["a"], _ml.Data.LoadImagesFromFolder(_folder.Path).GetColumn<string>("Label"));
        var unlabelled = _ml.Data.LoadImagesFromFolder(_folder.Path, labelled: false);
        Assert.Equal(["1.png"], unlabelled.GetColumn<string>("ImagePath").Select(Path.GetFileName));
        Assert.Empty(warnings);
    }

    [Fact]
    public void What_is_left_out_is_counted_and_folders_without_an_image_are_named()
    {
        Write("a", "1.jfif");
        Write("a", "1.txt");
        Write("a", "2.TXT");
        Write("b", "1.heic");
        Write("a/raw/old", "1.jpg");
        Write("", "loose.png");
        var warnings = Warnings(_ml);
        Assert.Equal(["1.jfif"], _ml.Data.LoadImagesFromFolder(_folder.Path).GetColumn<string>("ImagePath").Select(Path.GetFileName));
        Assert.Equal(
            $"Not all of '{_folder.Path}' was taken. 3 files are no images by their names (*.heic: 1, *.txt: 2). 2 images are not " +
            $"directly in a sub-folder of '{_folder.Path}', and have no label ('{_folder.Path}': 1, '{_folder.File("a/raw/old")}': 1). " +
            "1 sub-folders have no image: 'b'.",
            Assert.Single(warnings));
    }

    [Fact]
    public void A_flat_folder_is_read_without_labels_and_predictions_come_with_the_files_names()
    {
        foreach (var (file, label) in new[] { ("1.png", 0), ("2.jfif", 1), ("below/3.dib", 2) })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(file))!);
            File.WriteAllBytes(_folder.File(file), TestImages.Encode(label, 1));
        }

        var photos = _ml.Data.LoadImagesFromFolder(_folder.Path, labelled: false);
        Assert.Equal(["", "", ""], photos.GetColumn<string>("Label"));
        // A pipeline that maps the label to a key takes them: the key is missing.
        var keys = TestRows.WithKeys(_ml, photos);
        Assert.Equal([0u, 0u, 0u], keys.GetColumn<uint>("Label"));
        var predictions = TestModels.Fake(out _).Transform(keys);
        Assert.Equal(
            [("1.png", 1u), ("2.jfif", 2u), ("3.dib", 3u)],
            predictions.GetColumn<string>("ImagePath").Select(path => Path.GetFileName(path)!)
                .Zip(predictions.GetColumn<uint>("PredictedLabel")));
        Assert.Equal(
            $"Neither '{_folder.File("empty")}' nor a folder below it has an image; expected files named {AllNames}.",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromFolder(
                Directory.CreateDirectory(_folder.File("empty")).FullName, labelled: false)).Message);
    }

    private static List<string> Warnings(MLContext ml)
    {
        var warnings = new List<string>();
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
                warnings.Add(message.RawMessage);
        };
        return warnings;
    }

    private void Write(string folder, string file)
    {
        Directory.CreateDirectory(_folder.File(folder));
        File.WriteAllText(Path.Combine(_folder.File(folder), file), $"{folder}/{file}");
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";

        public byte[] Image { get; set; } = [];
    }
}
