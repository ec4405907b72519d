using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Parameters that belong to a module, not to the dispose scope in which the module is built.</summary>
internal static class OwnParameter
{
    /// <param name="values">What the parameter starts with; empty afterwards.</param>
    public static Parameter Of(Tensor values)
    {
        var parameter = nn.Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
