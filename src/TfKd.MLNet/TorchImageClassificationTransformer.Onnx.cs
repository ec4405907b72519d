using Microsoft.ML;

namespace TfKd.MLNet;

/// <content>The model as an ONNX file.</content>
public sealed partial class TorchImageClassificationTransformer
{
    /// <summary>
    /// Writes the ONNX model, which is made now where the model scores with Torch: <c>images</c> [N,C,H,W] uint8, red, green and blue from
    /// 0 to 255, in; <c>scores</c> [N,K], probabilities, out; of a model with embeddings <c>embedding</c> [N,D], too. Normalisation,
    /// calibration and softmax are inside. Its metadata say what the classes are (<c>classes</c>), how images are to be brought to size
    /// (<c>input</c>) and where the model comes from
    /// (<c>architecture</c>, <c>training</c>, in whose plan the paths of weights and teachers stand as they were given); ML.NET's
    /// ApplyOnnxModel gives the scores the class names as slot names.
    /// </summary>
    /// <exception cref="NotSupportedException">The model scores with Torch, and its network has no ONNX form.</exception>
    public void SaveOnnx(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Model.HasOnnx ? Model.Onnx.Span : NetworkExport.ToOnnx(Model, new OnnxSettings()));
    }

    /// <summary>Writes the ONNX model to a file, which is whole or not there: it is written beside and moved over.</summary>
    public void SaveOnnx(string path) => AtomicFile.Write(path, SaveOnnx);

    /// <summary>Writes the ONNX model with pixels or weights of another type, for images of another size, or with other outputs.</summary>
    /// <exception cref="InvalidOperationException">The network does not take images of that size.</exception>
    /// <exception cref="ArgumentException">Weights are to be Int8, which needs rows to calibrate on.</exception>
    /// <example><code>
    /// transformer.SaveOnnx("model.onnx", new OnnxSettings { InputType = OnnxInputType.Floats, TopK = 3 });
    /// </code></example>
    public void SaveOnnx(string path, OnnxSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var model = ToOnnx(settings);
        AtomicFile.Write(path, stream => stream.Write(model.Span));
    }

    private ReadOnlyMemory<byte> ToOnnx(OnnxSettings settings) =>
        settings.AreOf(Model.Card) && Model.HasOnnx ? Model.Onnx : NetworkExport.ToOnnx(Model, settings);

    /// <summary>Writes the ONNX model as the other method does, with rows to calibrate weights of Int8 on.</summary>
    /// <param name="path">The file, which is whole or not there.</param>
    /// <param name="settings">How it is written.</param>
    /// <param name="calibrationRows">
    /// Training rows with the image column, of all classes; of more than <see cref="OnnxCalibration.MaxImages"/> so many are read, at equal
    /// distances. Labels are not read. Not looked at unless weights are <see cref="OnnxWeights.Int8"/>.
    /// </param>
    /// <param name="cancellationToken">Stops before the file is written.</param>
    /// <returns>
    /// How many images were left out as they cannot be decoded; 0 unless <see cref="OnnxSettings.UndecodableImages"/> is Skip.
    /// </returns>
    /// <remarks>
    /// The file has the model's <see cref="TorchImageClassificationModel.Temperature"/>, which was chosen for the numbers that the model
    /// scores with. Where probabilities matter, train with <see cref="TorchImageClassificationTrainer.Options.Weights"/>, or choose
    /// thresholds anew by the file's scores.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The network does not take images of that size, or there are no rows, or none with an image that can be decoded.
    /// </exception>
    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    /// <exception cref="ImageDecodingException">
    /// An image cannot be decoded, and <see cref="OnnxSettings.UndecodableImages"/> is Throw.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <example><code>
    /// transformer.SaveOnnx("small.onnx", new OnnxSettings { Weights = OnnxWeights.Int8 }, rows);
    /// </code></example>
    public int SaveOnnx(
        string path, OnnxSettings settings, IDataView calibrationRows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(calibrationRows);
        var leftOut = 0;
        var model = NetworkExport.ToOnnx(Model, settings, Read, cancellationToken);
        AtomicFile.Write(path, stream => stream.Write(model));
        return leftOut;

        DecodedCache Read(ImageShape shape)
        {
            var images = new DecodedCache(shape, Model.ClassNames);
            try
            {
                leftOut = CalibrationRows.Fill(images, calibrationRows, Columns.Image, settings.UndecodableImages, cancellationToken);
                return images;
            }
            catch
            {
                images.Dispose();
                throw;
            }
        }
    }
}
