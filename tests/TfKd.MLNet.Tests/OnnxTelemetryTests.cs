using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>
/// A program that predicts leaves nothing in the user's home and speaks to nobody: ONNX Runtime's telemetry, on by default, does both.
/// </summary>
public sealed class OnnxTelemetryTests : IDisposable
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _home = new();

    public void Dispose()
    {
        _folder.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_program_that_predicts_writes_nothing_to_the_home_of_its_user()
    {
        Predict(variable: null);
        Assert.Empty(FilesAtHome());
    }

    // What ONNX Runtime does with the variable, and when, is its own affair: a test of the file that it writes would be one of its timing.
    [Theory]
    [InlineData(null, "1")]
    [InlineData("0", "0")]
    [InlineData("", "")]
    public void Native_code_sees_the_telemetry_turned_off_unless_the_user_has_set_it(string? variable, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The probe asks the C library, of which a Windows process has several.");
        Assert.Equal($"'{expected}'", Predict(variable, showVariable: true)[^1]);
    }

    [Fact]
    public void A_program_that_predicts_opens_no_connection()
    {
        var strace = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "strace"))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(strace is null, "strace is not on PATH.");
        var trace = _folder.File("trace");
        const string Calls = "trace=connect,sendto,sendmsg,sendmmsg,%process";
        Predict(variable: null, showVariable: false, strace, "-f", "-qq", "-o", trace, "-e", Calls);
        var lines = File.ReadAllLines(trace);
        Assert.Contains(lines, line => line.Contains("execve(", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("AF_INET", StringComparison.Ordinal));
    }

    private string[] Predict(string? variable, bool showVariable = false, params string[] tool)
    {
        var ml = new MLContext(seed: 1);
        var rows = TestRows.Make(2);
        var data = ml.Data.LoadFromEnumerable(rows);
        var images = rows.Select(row => _folder.File($"{row.Number}.png")).ToList();
        foreach (var (row, path) in rows.Zip(images))
            File.WriteAllBytes(path, row.Image);
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        using var chain = new TransformerChain<ITransformer>(
            transformer, ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(transformer.Transform(data)));
        ml.Model.Save(chain, data.Schema, _folder.File("model.zip"));
        var variables = new Dictionary<string, string?>
        {
            [Variable] = variable,
            ["SHOW_NATIVE_VARIABLE"] = showVariable ? Variable : null,
            ["HOME"] = _home.Path,
            ["USERPROFILE"] = _home.Path,
            ["LOCALAPPDATA"] = _home.Path,
            ["XDG_CACHE_HOME"] = null,
            // .NET's own files at home, which are none of the library's.
            ["DOTNET_EnableDiagnostics"] = "0",
        };
        var lines = LoadProbe.Run(_folder.File("model.zip"), images, variables, tool);
        Assert.Equal(images.Count + (showVariable ? 1 : 0), lines.Length);
        return lines;
    }

    private string[] FilesAtHome() => Directory.GetFiles(_home.Path, "*", SearchOption.AllDirectories);
}
