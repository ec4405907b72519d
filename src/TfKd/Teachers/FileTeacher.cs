using System.Globalization;
using System.Security.Cryptography;
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

    private readonly string _name;
    private readonly Device _device;
    private readonly IFileModel _model;
    private readonly TeacherInput _input;
    private readonly ClassColumns _columns;
    private readonly FileTeacherSettings _settings;

    /// <summary>
    /// Asks the model once, so that what does not fit is known before the first batch. The model is the teacher's from here on, also where
    /// this throws.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model does not fit the student's classes or images, or not the settings.</exception>
    public FileTeacher(TeacherContext context, FileTeacherSettings settings, IFileModel model)
    {
        (_settings, _model, _device, _name) = (settings, model, context.Device, $"The teacher '{settings.Path}'");
        try
        {
            _columns = new ClassColumns(context, settings.ClassNames);
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

    /// <summary>SHA-256 of a file, in hexadecimal digits.</summary>
    public static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <inheritdoc/>
    protected override TeacherSignal TeachCore(ImageBatch batch) =>
        new(_columns.Arrange(TeacherAnswers.ToLogits(Answer(batch.Images), _settings.Output, _name)));

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
        var answers = Answer((pattern * brightness).div(ProbeRows).to(ScalarType.Byte));
        TeacherAnswers.RefuseProbabilitiesAsLogits(TeacherAnswers.Rows(answers), _settings.Output, $"{_name} answers with");
    }

    private static string NormalizationText(FileTeacherSettings settings) => settings.Normalization is not { } statistics
        ? ""
        : string.Join(',', statistics.Mean.Concat(statistics.Std).Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    private Tensor Answer(Tensor images)
    {
        var answers = _model.Answer(_input.Prepare(images)).to(_device);
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
