using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>Classifiers as services of an application.</summary>
public sealed class ImageClassifierServicesTests
{
    [Fact]
    public async Task An_application_has_one_classifier_a_key_and_hears_of_new_files_in_its_log()
    {
        using var folder = new TemporaryFolder();
        Save(folder.File("one.zip"), "a", "b");
        Save(folder.File("two.zip"), "c", "d", "e");
        var log = new ListedLog();
        var services = new ServiceCollection()
            .AddLogging(builder => builder.AddProvider(log))
            .AddImageClassifier(folder.File("one.zip"))
            .AddKeyedImageClassifier("second", folder.File("two.zip"), new() { ReloadOnChange = true, CheckInterval = TimeSpan.FromTicks(1) });
        ImageClassifier first;
        await using (var provider = services.BuildServiceProvider())
        {
            first = provider.GetRequiredService<ImageClassifier>();
            Assert.Same(first, provider.GetRequiredService<ImageClassifier>());
            Assert.Equal(["a", "b"], first.ClassNames);
            Assert.Equal([typeof(ImageClassifier).FullName!], log.Categories);
            var second = provider.GetRequiredKeyedService<ImageClassifier>("second");
            Assert.Equal(["c", "d", "e"], second.ClassNames);
            await Replace(second, () => Save(folder.File("two.zip"), "f", "g"));
            Assert.Equal(["f", "g"], second.ClassNames);
            await Replace(second, () => File.WriteAllText(folder.File("two.zip"), "no model"));
        }

        Assert.Equal([LogLevel.Information, LogLevel.Warning], log.Lines.Select(line => line.Level));
        Assert.All(log.Lines, line => Assert.StartsWith($"'{folder.File("two.zip")}' was replaced", line.Text, StringComparison.Ordinal));
        Assert.Throws<ObjectDisposedException>(() => first.Predict(TestImages.Encode(0, 1)));
    }

    private static async Task Replace(ImageClassifier classifier, Action replace)
    {
        replace();
        classifier.Predict(TestImages.Encode(0, 1));
        await classifier.Reloading;
    }

    private static void Save(string path, params string[] names)
    {
        var ml = new MLContext(seed: 1);
        using var transformer = new TorchImageClassificationTransformer(
            TestModels.WithNetwork(TestModels.TextClasses(names)), TestModels.Columns);
        ml.Model.Save(transformer, ml.Data.LoadFromEnumerable(Array.Empty<InputRow>()).Schema, path);
    }
}
