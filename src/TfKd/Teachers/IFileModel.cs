using static TorchSharp.torch;

namespace TfKd;

/// <summary>A model out of a file, ready to run.</summary>
internal interface IFileModel : IDisposable
{
    /// <summary>
    /// What the model says of a batch that a <see cref="TeacherInput"/> has prepared; in the caller's dispose scope, on any device.
    /// </summary>
    /// <exception cref="InvalidOperationException">It cannot take such images, or answers with something else than a tensor.</exception>
    Tensor Answer(Tensor images);
}
