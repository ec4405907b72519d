using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A model out of a file as the teacher: prepares the images, asks the model, and makes logits in the order of the student's classes of
/// what it says.
/// </summary>
internal sealed class FileTeacher : Teacher
{
    private const int ProbeRows = 4;

    // How far two answers to one image may be apart, against the largest of them.
    private const double Tolerance = 5e-3;

    private readonly string _name;
    private readonly Device _device;
    private readonly IFileModel _model;
    private readonly TeacherInput _input;
    private readonly ClassColumns _columns;
    private readonly FileTeacherSettings _settings;

    /// <summary>
    /// Asks the model, twice and in other batches, so that what does not fit is known before the first batch. The model is the teacher's
    /// from here on, also where this throws.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The model does not fit the student's classes or images or the settings, or its answers depend on the batch or on chance.
    /// </exception>
    public FileTeacher(TeacherContext context, FileTeacherSettings settings, IFileModel model)
    {
        (_settings, _model, _device, _name) = (settings, model, context.Device, $"The teacher '{settings.Path}'");
        try
        {
            _columns = new ClassColumns(context, settings.ClassNames, settings.Classes);
            _input = new TeacherInput(settings.Shape, settings.Normalization, settings.InputType, context);
            Probe(context.InputShape);
        }
        catch
        {
            Dispose();
            throw;
        }

        var input = string.Create(CultureInfo.InvariantCulture, $"{settings.Shape} {settings.InputType} [{NormalizationText(settings)}]");
        Fingerprint = $"{settings.ModelFingerprint} {input} {settings.Output} {_columns}";
    }

    /// <inheritdoc/>
    public override string Fingerprint { get; }

    /// <summary>The path of a teacher's file that is there.</summary>
    /// <exception cref="FileNotFoundException">It is not.</exception>
    public static string RequireFile(string path) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"The teacher's file '{path}' is not there.", path);

    /// <inheritdoc/>
    protected override TeacherSignal TeachCore(ImageBatch batch) =>
        new(_columns.Arrange(DeviceCopy.To(TeacherAnswers.ToLogits(Answer(batch.Images), _settings.Output, _name), _device)));

    /// <inheritdoc/>
    protected override void DisposeCore()
    {
        _model.Dispose();
        _input?.Dispose();
        _columns?.Dispose();
    }

    private void Probe(ImageShape shape)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // Four images that look different, or else four answers would be as good as one.
        var pattern = arange(shape.ByteCount, ScalarType.Int64, _device).mul(97).remainder(256)
            .view(1, shape.Channels, shape.Height, shape.Width);
        var brightness = arange(1, ProbeRows + 1, ScalarType.Int64, _device).view(ProbeRows, 1, 1, 1);
        var images = (pattern * brightness).div(ProbeRows).to(ScalarType.Byte);
        var answers = Answer(images);
        TeacherAnswers.RefuseProbabilitiesAsLogits(TeacherAnswers.Rows(answers), _settings.Output, $"{_name} answers with");
        RequireSame(answers, Answer(images), "when it is asked again");
        RequireSame(answers, cat([.. images.split([2, 1, 1]).Select(Answer)]), "in another batch");
    }

    /// <summary>Kept answers, and the mean over an epoch, stand on it that an image has one answer.</summary>
    private void RequireSame(Tensor first, Tensor second, string when)
    {
        // Other kernels for another batch size differ in the last bits; batch norms that still learn and dropout by far more.
        var tolerance = first.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? 4 * Tolerance : Tolerance;
        var (one, other) = (first.to(ScalarType.Float64), second.to(ScalarType.Float64));
        if (one.allclose(other, rtol: 0, atol: tolerance * (1 + Largest(one)), equal_nan: true))
            return;
        var difference = FormattableString.Invariant($"{Largest(one - other):G3}");
        throw new InvalidOperationException(
            $"{_name} answers the same image differently {when}, by up to {difference}: its answers depend on the batch or on chance. It "
            + "was "
                + "saved in training mode, with batch normalisation or dropout at work, or is quantised by the batch; save it in "
                + "evaluation "
                + "mode: in Python, model.eval() before torch.jit.trace or torch.onnx.export.");
    }

    private static double Largest(Tensor values) => values.abs().nan_to_num(nan: 0, posinf: 0).max().item<double>();

    private static string NormalizationText(FileTeacherSettings settings) => settings.Normalization is not { } statistics
        ? ""
        : string.Join(',', statistics.Mean.Concat(statistics.Std).Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    private Tensor Answer(Tensor images)
    {
        var answers = _model.Answer(_input.Prepare(images));
        var (rows, classes) = (images.shape[0], _settings.ClassNames.Count);
        if (answers.dim() != 2 || answers.shape[0] != rows || !answers.is_floating_point())
            throw new InvalidOperationException(
                $"{_name} must answer {rows} images with a floating point tensor [{rows},{classes}], but answers with {answers.dtype} "
                + $"of shape {Require.ShapeText(answers)}.");
        if (answers.shape[1] != classes)
            throw new InvalidOperationException(
                $"{_name} answers with {answers.shape[1]} numbers an image, but has {classes} class names.");
        return answers;
    }
}
