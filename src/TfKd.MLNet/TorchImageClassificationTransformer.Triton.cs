using System.Text;

namespace TfKd.MLNet;

/// <content>Repositories of models that servers read.</content>
public sealed partial class TorchImageClassificationTransformer
{
    /// <summary>
    /// Writes the ONNX model into a model repository of Triton Inference Server, which KServe starts, too: <c>NAME/1/model.onnx</c>,
    /// <c>NAME/config.pbtxt</c> with types and sizes of what goes in and comes out, and <c>NAME/labels.txt</c> with a class a line, from
    /// which the server names classes where a client asks for a classification. Images come to it as <see cref="SaveOnnx(string)"/> says,
    /// ready and of one size.
    /// </summary>
    /// <param name="repository">The repository's folder; it is made where it is not there.</param>
    /// <param name="name">The model's name: letters, digits, points, underscores and hyphens.</param>
    /// <param name="settings">How the ONNX model is written. Default null: as the model scores.</param>
    /// <param name="version">Number of the model's folder, from 1 on; a server takes the highest one. Default 1.</param>
    /// <remarks>
    /// Each file is written beside and moved over, the network first and the configuration last. They are not exchanged together: where a
    /// server looks at the repository while other classes or another size are written, give the model another name.
    /// </remarks>
    /// <exception cref="ArgumentException">The name has other characters, or weights are to be Int8, which needs rows.</exception>
    /// <exception cref="InvalidOperationException">The network does not take images of that size.</exception>
    /// <exception cref="NotSupportedException">The model scores with Torch, and its network has no ONNX form.</exception>
    /// <example><code>
    /// transformer.SaveTriton("repository", "flowers");
    /// </code></example>
    public void SaveTriton(string repository, string name, OnnxSettings? settings = null, int version = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(repository);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Require.Positive(version, nameof(version));
        if (name.Trim('.').Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'))
        {
            throw new ArgumentException(
                $"A model's name must have letters, digits, points, underscores and hyphens only, but is '{name}'.", nameof(name));
        }

        // Before any folder: a server that looks at the repository would take an empty one for a version.
        var model = ToOnnx(settings ?? new OnnxSettings()).ToArray();
        using var session = OnnxSession.Open(model, OnnxContent.TryRead(model), $"The ONNX model of '{name}'");
        var folder = Directory.CreateDirectory(Path.Combine(repository, name));
        AtomicFile.Write(
            Path.Combine(folder.CreateSubdirectory($"{version}").FullName, "model.onnx"), stream => stream.Write(model));
        // A line a class: one in two lines would move all that follow.
        Write(
            Path.Combine(folder.FullName, TritonConfiguration.LabelsFile),
            string.Concat(Model.ClassNames.Select(label => $"{label.ReplaceLineEndings(" ")}\n")));
        Write(Path.Combine(folder.FullName, "config.pbtxt"), TritonConfiguration.Write(name, session));

        static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }
}
