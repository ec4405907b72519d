using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The module of a TorchScript file. How it wants its images, all at once or one by one, in single or half precision, is found out with the
/// first batch: a script does not say.
/// </summary>
internal sealed class TorchScriptModel : IFileModel
{
    private static readonly Manner[] Manners =
    [
        new(ScalarType.Float32, OneByOne: false), new(ScalarType.Float32, OneByOne: true),
        new(ScalarType.Float16, OneByOne: false), new(ScalarType.Float16, OneByOne: true), new(ScalarType.BFloat16, OneByOne: false),
    ];

    private readonly string _path;
    private readonly jit.ScriptModule<Tensor, Tensor> _module;
    private readonly ComputePath _kernels;
    private Manner? _manner;

    /// <exception cref="InvalidDataException">libtorch cannot load the file.</exception>
    public TorchScriptModel(string path, Device device)
    {
        TorchRuntime.EnsureLoaded();
        _path = path;
        try
        {
            TorchScriptArchive.Check(path);
            // What does not compile is thrown past TorchSharp, and would end the process.
            _module = NativeGuard.Run(() => jit.load<Tensor, Tensor>(path, device.type, device.index));
        }
        catch (Exception exception) when (exception is ExternalException or InvalidDataException)
        {
            throw new InvalidDataException(
                $"The teacher's file '{path}' is no TorchScript that libtorch can load: {exception.Message}", exception);
        }

        _module.eval();
        _kernels = device.type == DeviceType.CPU ? ComputePath.Unchecked : ComputePath.Default;
    }

    /// <inheritdoc/>
    public Tensor Answer(Tensor images)
    {
        using var kernels = _kernels.Enter();
        if (_manner is { } known)
            return Ask(images, known);
        (Tensor? misfit, InvalidOperationException? failure) = (null, null);
        foreach (var manner in Manners)
        {
            try
            {
                var answer = Ask(images, manner);
                if (answer.dim() == 2 && answer.shape[0] == images.shape[0])
                {
                    _manner = manner;
                    return answer;
                }

                misfit ??= answer;
            }
            catch (InvalidOperationException exception)
            {
                failure ??= exception;
            }
        }

        // The plainest manner says best what is wrong.
        return misfit ?? throw failure!;
    }

    public void Dispose() => _module.Dispose();

    private Tensor Ask(Tensor images, Manner manner)
    {
        var typed = images.to(manner.Type);
        var answer = manner.OneByOne ? cat([.. typed.split(1).Select(Call)]) : Call(typed);
        return answer.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? answer.to(ScalarType.Float32) : answer;
    }

    private Tensor Call(Tensor images)
    {
        try
        {
            return _module.call(images) ?? throw NoTensor(null);
        }
        catch (ExternalException exception)
        {
            throw new InvalidOperationException(
                $"The teacher '{_path}' cannot answer images {Require.ShapeText(images)}: {exception.Message}", exception);
        }
        // What TorchSharp throws of an answer that is no tensor depends on what it is.
        catch (Exception exception) when (exception is InvalidCastException or ArgumentException or NullReferenceException
            or NotImplementedException or NotSupportedException)
        {
            throw NoTensor(exception);
        }
    }

    private InvalidOperationException NoTensor(Exception? exception) => new(
        $"The teacher '{_path}' must answer with one tensor [N,K], but answers with something else (a dictionary, a tuple or None, say); "
            + "save a module whose forward returns the logits alone.", exception);

    /// <summary>How the module is asked.</summary>
    /// <param name="Type">The type of the images.</param>
    /// <param name="OneByOne">Whether each image is a batch of its own.</param>
    private readonly record struct Manner(ScalarType Type, bool OneByOne);
}
