using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;

// MODEL IMAGE...: loads the model, knowing nothing of who made it, and prints for each image the predicted label and the scores' bits. The
// label is in column Name, where there is one, or else in PredictedLabel. With SHOW_NATIVE_VARIABLE, the name of an environment variable, a
// last line is its value as native code sees it.
var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
var scored = model.Transform(ml.Data.LoadFromEnumerable(args[1..].Select(path => new Input { Image = File.ReadAllBytes(path) })));
var columns = SchemaDefinition.Create(typeof(Output));
if (scored.Schema.GetColumnOrNull("Name") is not null)
    columns[nameof(Output.PredictedLabel)].ColumnName = "Name";
foreach (var row in ml.Data.CreateEnumerable<Output>(scored, reuseRowObject: false, schemaDefinition: columns))
    Console.WriteLine(
        $"{row.PredictedLabel} "
            + $"{string.Join(' ', row.Score.Select(score => BitConverter.SingleToUInt32Bits(score).ToString("x8", CultureInfo.InvariantCulture)))}");
(model as IDisposable)?.Dispose();
if (Environment.GetEnvironmentVariable("SHOW_NATIVE_VARIABLE") is { } name)
    Console.WriteLine($"'{Marshal.PtrToStringUTF8(NativeVariable(name))}'");

// Environment has a copy of its own, of what was there when the process began.
[DllImport("libc", EntryPoint = "getenv")]
static extern nint NativeVariable([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

internal sealed class Input
{
    /// <summary>A chain that maps labels to keys asks for the column when it predicts, too.</summary>
    public string Label { get; set; } = "";

    public byte[] Image { get; set; } = [];
}

internal sealed class Output
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];
}
