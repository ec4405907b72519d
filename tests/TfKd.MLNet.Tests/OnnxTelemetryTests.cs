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

    [Fact]
    public void Who_sets_the_variable_to_nothing_gets_the_telemetry()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ONNX Runtime's telemetry of other systems is kept elsewhere.");
        Predict(variable: "");
        // Were there nothing to be found here, the other test could not fail.
        Assert.Contains(FilesAtHome(), file => file.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void A_program_that_predicts_opens_no_connection()
    {
        var strace = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "strace"))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(strace is null, "strace is not on PATH.");
        var trace = _folder.File("trace");
        Predict(variable: null, strace, "-f", "-qq", "-o", trace, "-e", "trace=connect,sendto,sendmsg,sendmmsg,%process");
        var lines = File.ReadAllLines(trace);
        Assert.Contains(lines, line => line.Contains("execve(", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("AF_INET", StringComparison.Ordinal));
    }

    private void Predict(string? variable, params string[] tool)
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
            ["HOME"] = _home.Path,
            ["USERPROFILE"] = _home.Path,
            ["LOCALAPPDATA"] = _home.Path,
            ["XDG_CACHE_HOME"] = null,
            // .NET's own files at home, which are none of the library's.
            ["DOTNET_EnableDiagnostics"] = "0",
        };
        Assert.Equal(images.Count, LoadProbe.Run(_folder.File("model.zip"), images, variables, tool).Length);
    }

    private string[] FilesAtHome() => Directory.GetFiles(_home.Path, "*", SearchOption.AllDirectories);
}
