using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class PhotoListTests : IDisposable
{
    private const string Expected =
        "expected the names of the columns, among them path, and label, or labels where a photo may have several. Columns are divided by "
            + "commas, in files named *.tsv by tabs.";

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_rows_of_a_list_are_those_of_a_folder_in_the_order_of_the_lines()
    {
        Directory.CreateDirectory(_folder.File("park"));
        File.WriteAllText(_folder.File("park/1.jpg"), "bytes");
        var list = Write("list.csv", "label,path\ndog,park/1.jpg\ncat,missing.jpg\n");
        var view = _ml.Data.LoadImagesFromList(list);
        Assert.Equal(_ml.Data.LoadImagesFromFolder(_folder.Path, labelled: false).Schema.Select(Text), view.Schema.Select(Text));
        Assert.Equal(["dog", "cat"], view.GetColumn<string>("Label"));
        Assert.Equal([_folder.File("park/1.jpg"), _folder.File("missing.jpg")], view.GetColumn<string>("ImagePath"));
        Assert.Equal(["bytes"u8.ToArray(), []], view.GetColumn<byte[]>("Image"));

        static string Text(DataViewSchema.Column column) => $"{column.Name}: {column.Type}";
    }

    [Fact]
    public void The_bytes_are_in_a_column_of_a_name_of_choice()
    {
        Directory.CreateDirectory(_folder.File("park"));
        File.WriteAllText(_folder.File("park/1.jpg"), "bytes");
        var list = Write("list.csv", "label,path\ndog,park/1.jpg\n");
        foreach (var view in new[]
        {
            _ml.Data.LoadImagesFromList(list, "Photo"), _ml.Data.LoadImagesFromFolder(_folder.Path, imageColumnName: "Photo"),
        })
        {
            Assert.Equal(["ImagePath", "Label", "Photo"], view.Schema.Select(column => column.Name));
            Assert.Equal(["bytes"u8.ToArray()], view.GetColumn<byte[]>("Photo"));
        }

        Assert.StartsWith(
            "imageColumnName is 'Label', which another column is called; expected a name beside 'ImagePath' and 'Label'.",
            Assert.Throws<ArgumentException>(() => _ml.Data.LoadImagesFromList(list, "Label")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.Data.LoadImagesFromFolder(_folder.Path, imageColumnName: "ImagePath"));
        Assert.Throws<ArgumentException>(() => _ml.Data.LoadImagesFromFolder(_folder.Path, imageColumnName: ""));
    }

    [Fact]
    public void Several_labels_are_one_text_or_none()
    {
        var list = Write("list.tsv", "labels\tpath\n\t2.png\nred;blue\t3.png\n");
        Assert.Equal(["", "red;blue"], _ml.Data.LoadImagesFromList(list).GetColumn<string>("Label"));
        Assert.Equal("labels", PhotoList.Read(list).LabelColumn);
    }

    [Fact]
    public void Several_labels_are_no_classes_of_one()
    {
        var rows = _ml.Data.LoadImagesFromList(Write("list.csv", "path,labels\n1.png,a\n2.png,b\n3.png,a;b\n"));
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.MulticlassClassification.Trainers.TorchImageClassification());
        Assert.Equal(
            "Label column 'Label' is of a list's column labels, in which a photo may have several; expected one a photo. Set Labels = new "
                + "MultipleLabels(), without MapValueToKey, or name the column of the list label.",
            Assert.Throws<ArgumentException>(() => pipeline.Fit(rows)).Message);
    }

    [Fact]
    public void Cells_may_be_in_quotation_marks_and_columns_in_any_order()
    {
        var list = Write("list.csv", "labels, Path ,note\r\n\"a,b\",\"my \"\"best\"\".png\",x\r\n\r\n,2.png,\r\n");
        Assert.Equal([(_folder.File("my \"best\".png"), "a,b"), (_folder.File("2.png"), "")], PhotoList.Read(list).Files);
        var one = PhotoList.Read(Write("list.tsv", "path\tlabel\n1.png\tcat, black\n"));
        Assert.Equal("cat, black", Assert.Single(one.Files).Label);
        Assert.Equal("label", one.LabelColumn);
    }

    [Fact]
    public void Without_labels_there_are_photos_to_be_predicted()
    {
        var list = Write("list.csv", "note,path\nx,1.png\n,2.png\n");
        Assert.Equal(["", ""], _ml.Data.LoadImagesFromList(list).GetColumn<string>("Label"));
        Assert.Null(PhotoList.Read(list).LabelColumn);
    }

    [Fact]
    public void A_photo_counts_once_however_its_path_is_spelled()
    {
        var warnings = new List<string>();
        _ml.Log += (_, entry) =>
        {
            if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
                warnings.Add(entry.RawMessage);
        };
        var list = Write(
            "list.csv", $"path,label\n1.png,a\n2.png,b\n./1.png,a\nsub/../2.png,b\n{_folder.File("1.png")},a\n");
        Assert.Equal(
            [_folder.File("1.png"), _folder.File("2.png")], _ml.Data.LoadImagesFromList(list).GetColumn<string>("ImagePath"));
        Assert.Equal(
            $"3 lines of '{list}' list a photo again, with the same label, and are left out; the first is line 4.", Assert.Single(warnings));
    }

    [Theory]
    [InlineData("image,labels\n", "The first line of '*' is [image, labels]; " + Expected)]
    [InlineData("path;label\n1.png;a\n", "The first line of '*' is [path;label]; " + Expected)]
    [InlineData("", "The first line of '*' is []; " + Expected)]
    [InlineData("path,label,labels\n1.png,a,b\n", "The first line of '*' names the columns label and labels; expected one of them.")]
    [InlineData("path,label,Path\n1.png,a,b\n", "The first line of '*' names the column path 2 times; expected once.")]
    [InlineData("path,labels\n1.png\n", "Line 2 of '*' has 1 cells; expected 2, as the first line.")]
    [InlineData(
        "path,labels\n\"1.png,a\n",
        "Line 2 of '*' cannot be divided into cells; expected quotation marks at the beginning and at the end of a cell only, and two for "
            + "one within it.")]
    [InlineData("path,labels\n", "'*' lists no photos; expected a line each below the names of the columns.")]
    [InlineData("path,label\n1.png,a\n,b\n", "Line 3 of '*' has no path.")]
    [InlineData("path,label\n1\0.png,a\n", "Line 2 of '*' has a null character in its path.")]
    [InlineData(
        "path,label\n1.png,a\n2.png,a\n./1.png,b\n",
        "Lines 2 and 4 of '*' list one photo, '@', as 'a' and as 'b'; expected one line a photo, with all of its labels in the column labels "
            + "where it has several.")]
    public void What_is_no_list_is_refused(string text, string message)
    {
        var list = Write("list.csv", text);
        Assert.Equal(
            message.Replace("'*'", $"'{list}'", StringComparison.Ordinal)
                .Replace("'@'", $"'{_folder.File("1.png")}'", StringComparison.Ordinal),
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromList(list)).Message);
    }

    [Fact]
    public void A_folder_is_no_list() => Assert.Equal(
        $"'{_folder.Path}' is a folder; expected a list of photos, a line each.",
        Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromList(_folder.Path)).Message);

    [Fact]
    public void A_list_that_is_missing_is_named() => Assert.Contains(
        _folder.File("none.csv"),
        Assert.Throws<FileNotFoundException>(() => _ml.Data.LoadImagesFromList(_folder.File("none.csv"))).Message,
        StringComparison.Ordinal);

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }
}
