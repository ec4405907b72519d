using SkiaSharp;

namespace TfKd.MLNet.Tests;

public sealed class SaveHeatMapTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_trained_model_shows_where_it_sees_a_class()
    {
        using var transformer = TrainingRuns.Fit();
        var (photo, path) = (_folder.File("photo.png"), _folder.File("where.png"));
        File.WriteAllBytes(photo, TestRows.Make(1)[0].Image);
        transformer.Model.SaveHeatMap(path, photo);
        var best = File.ReadAllBytes(path);
        using (var picture = SKBitmap.Decode(path))
            Assert.Equal((256, 256), (picture.Width, picture.Height));
        // The photo is red.
        transformer.Model.SaveHeatMap(path, photo, "red");
        Assert.Equal(best, File.ReadAllBytes(path));
        Assert.Equal(
            "className must be one of [red, green, blue], but is 'grey'. (Parameter 'className')",
            Assert.Throws<ArgumentException>(() => transformer.Model.SaveHeatMap(path, photo, "grey")).Message);
        Assert.Throws<FileNotFoundException>(() => transformer.Model.SaveHeatMap(path, _folder.File("none.png")));
    }
}
