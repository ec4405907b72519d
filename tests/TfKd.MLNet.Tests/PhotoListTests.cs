using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class PhotoListTests : IDisposable
{
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
    public void Several_labels_are_one_text_or_none()
    {
        var list = Write("list.tsv", "labels\tpath\n\t2.png\nred;blue\t3.png\n");
        Assert.Equal(["", "red;blue"], _ml.Data.LoadImagesFromList(list).GetColumn<string>("Label"));
        Assert.True(PhotoList.Read(list).HasSeveralLabels);
    }

    [Fact]
    public void Cells_may_be_in_quotation_marks_and_columns_in_any_order()
    {
        var list = Write("list.csv", "labels, Path ,note\r\n\"a,b\",\"my \"\"best\"\".png\",x\r\n\r\n,2.png,\r\n");
        Assert.Equal([(_folder.File("my \"best\".png"), "a,b"), (_folder.File("2.png"), "")], PhotoList.Read(list).Files);
        var one = PhotoList.Read(Write("list.tsv", "path\tlabel\n1.png\tcat, black\n"));
        Assert.Equal("cat, black", Assert.Single(one.Files).Label);
        Assert.False(one.HasSeveralLabels);
    }

    [Theory]
    [InlineData(
        "image,labels\n",
        "The first line of '*' is [image, labels]; expected the names of the columns, among them path and either labels, where a photo may "
            + "have several, or label.")]
    [InlineData(
        "",
        "The first line of '*' is []; expected the names of the columns, among them path and either labels, where a photo may have several, "
            + "or label.")]
    [InlineData("path,labels\n1.png\n", "Line 2 of '*' has 1 cells; expected 2, as the first line.")]
    [InlineData(
        "path,labels\n\"1.png,a\n",
        "Line 2 of '*' cannot be divided into cells; expected quotation marks at the beginning and at the end of a cell only, and two for "
            + "one within it.")]
    [InlineData("path,labels\n", "'*' lists no photos; expected a line each below the names of the columns.")]
    public void What_is_no_list_is_refused(string text, string message)
    {
        var list = Write("list.csv", text);
        Assert.Equal(
            message.Replace("*", list, StringComparison.Ordinal),
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadImagesFromList(list)).Message);
    }

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
