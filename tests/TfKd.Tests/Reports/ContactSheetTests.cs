using SkiaSharp;

namespace TfKd.Tests;

public sealed class ContactSheetTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-sheet-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Lines_begin_with_the_image_and_go_on_with_its_views(int channels)
    {
        // 16 by 16 pixels, each shown as 4 by 4, with 2 pixels between the images.
        var source = PatternSource.Create(5, channels: channels);
        var plan = new TrainingPlan { Augmentations = [new HorizontalFlip { Probability = 1 }] };

        using var sheet = Save(source, plan, rows: 3, views: 2);

        Assert.Equal((3 * 66 + 2, 3 * 66 + 2), (sheet.Width, sheet.Height));
        using var batch = new BatchLoader(source, 3).ReadShuffled(plan.Seed, 0).First();
        var pixels = new byte[source.Shape.ByteCount];
        for (var line = 0; line < 3; line++)
        {
            source.ReadPixels(batch.RowIds[line], pixels);
            for (var y = 0; y < 16; y++)
            {
                for (var x = 0; x < 16; x++)
                {
                    var colour = Colour(pixels, channels, y * 16 + x);
                    Assert.Equal(colour, sheet.GetPixel(2 + 4 * x + 3, 2 + 66 * line + 4 * y));
                    Assert.Equal(colour, sheet.GetPixel(2 + 66 + 4 * (15 - x), 2 + 66 * line + 4 * y + 3));
                    Assert.Equal(colour, sheet.GetPixel(2 + 2 * 66 + 4 * (15 - x), 2 + 66 * line + 4 * y));
                }
            }
        }

        Assert.Equal(SKColors.White, sheet.GetPixel(66, 30));
    }

    [Fact]
    public void Rows_are_mixed_and_no_more_are_shown_than_there_are()
    {
        var source = PatternSource.Create(2);

        using var plain = Save(source, new TrainingPlan(), rows: 8, views: 1);
        using var mixed = Save(source, new TrainingPlan { Mixing = new Mixup { Alpha = 100 } }, rows: 8, views: 4);

        Assert.Equal((2 * 66 + 2, 2 * 66 + 2), (plain.Width, plain.Height));
        Assert.Equal(plain.GetPixel(20, 20), plain.GetPixel(86, 20));
        // Half the batches have the other row as the partner, and then about half of its pixel values.
        var (first, second) = (plain.GetPixel(20, 20).Red, plain.GetPixel(20, 86).Red);
        Assert.Contains(
            Enumerable.Range(1, 4),
            column => Math.Abs(mixed.GetPixel(20 + 66 * column, 20).Red - (first + second) / 2.0) < 0.1 * Math.Abs(first - second) + 1);
    }

    [Fact]
    public void What_cannot_be_shown_is_refused()
    {
        string Refused(
            IImageSource source) =>
                Assert.Throws<ArgumentException>(() =>
                    ContactSheet.Save(Path.Combine(_directory, "sheet.png"), source, new TrainingPlan())).Message;

        Assert.Equal(
            "A contact sheet needs at least one row, but the source has none. (Parameter 'source')", Refused(PatternSource.Create(0)));
        Assert.Equal(
            "A contact sheet shows images of 1 or 3 channels, but those of the source are 2x16x16. (Parameter 'source')",
            Refused(PatternSource.Create(4, channels: 2)));
        Assert.Empty(Directory.GetFiles(_directory));
    }

    private static SKColor Colour(byte[] pixels, int channels, int place) =>
        new(pixels[place], pixels[(channels == 3 ? 256 : 0) + place], pixels[(channels == 3 ? 512 : 0) + place]);

    private SKBitmap Save(IImageSource source, TrainingPlan plan, int rows, int views)
    {
        var path = Path.Combine(_directory, "sheet.png");
        ContactSheet.Save(path, source, plan, rows, views);
        return SKBitmap.Decode(path);
    }
}
