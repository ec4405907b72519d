using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a method returns that has opened a dispose scope around code it does not know.</summary>
internal static class ScopedResult
{
    /// <summary>
    /// Hands a tensor to the scope outside of this one. A tensor that is not this scope's, such as an argument or one that somebody
    /// holds, stays where it is, and an alias of it is handed over: whoever disposes the result disposes nothing else.
    /// </summary>
    /// <param name="scope">The innermost open scope.</param>
    /// <param name="tensor">What was computed in it, or found.</param>
    public static Tensor Release(this DisposeScope scope, Tensor tensor) =>
        (scope.Contains(tensor) ? tensor : tensor.alias()).MoveToOuterDisposeScope();
}
