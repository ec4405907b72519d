using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class FolderImagesTests : IDisposable
{
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
        Assert.Contains(
            "2.png", Assert.Throws<FileNotFoundException>(() => view.GetColumn<byte[]>("Image").Last()).Message, StringComparison.Ordinal);
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
        Assert.Equal($"The folder '{_folder.Path}' has no sub-folders; expected one for each class, with the images of the class in it.",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromFolder(_folder.Path)).Message);
        Write("a", "notes.txt");
        Assert.Equal($"No sub-folder of '{_folder.Path}' has an image; expected files named *.png, *.jpg, *.jpeg, *.gif, *.bmp, *.webp.",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromFolder(_folder.Path)).Message);
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
