using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Where in images a network sees a class: gradient-weighted class activation maps (Selvaraju et al., 'Grad-CAM: Visual Explanations from
/// Deep Networks via Gradient-based Localization', ICCV 2017, equations 1 and 2), of the last stage whose maps the class depends on. The
/// tokens that a transformer leaves beside that of the class come to nothing, so there it is an earlier one.
/// </summary>
internal static class GradCam
{
    /// <param name="network">Its mode is as before when this returns, and gradients of its parameters are left alone.</param>
    /// <param name="images">[N,C,H,W], values 0 to 255.</param>
    /// <param name="classIndex">The class; null: of each image the most probable.</param>
    /// <returns>
    /// [N,h,w] of the size of the stage's maps, from 0 to 1, which is the highest of an image; 0 where nothing speaks for the class. It
    /// belongs to the caller's dispose scope.
    /// </returns>
    /// <exception cref="InvalidOperationException">The architecture names no stages, or one that is not there or takes no part.</exception>
    public static Tensor Of(ImageNetwork network, Tensor images, int? classIndex = null)
    {
        var stages = network.Architecture.GetStages();
        if (stages.Count == 0)
            throw new InvalidOperationException($"{network.Architecture} names no stages, so there are no maps to look at; override "
                + $"{nameof(NetworkArchitecture.GetStages)}.");
        using var scope = NewDisposeScope();
        using var mode = new EvaluationMode(network);
        using var gradients = enable_grad();
        var (count, shape) = ((int)images.shape[0], new ImageShape((int)images.shape[1], (int)images.shape[2], (int)images.shape[3]));
        var path = network.PathFor(shape, [count]).Path;
        using var kernels = path.Enter();
        var arranged = path.Arrange(images.to(network.Device));
        Tensor? nothing = null;
        foreach (var stage in stages.Reverse())
        {
            var (heat, depends) = Of(network, stage, arranged, classIndex);
            if (depends)
                return heat.MoveToOuterDisposeScope();
            nothing ??= heat;
        }

        return nothing!.MoveToOuterDisposeScope();
    }

    private static (Tensor Heat, bool Depends) Of(ImageNetwork network, string stage, Tensor images, int? classIndex)
    {
        Tensor? output = null;
        var modules = network.Body.named_modules().ToDictionary(entry => entry.name, entry => entry.module);
        var hook = StageRecorder.Find(network.Architecture, modules, stage).register_forward_hook((_, _, result) =>
        {
            // Bodies dispose what lies between their parts.
            output = result.detach().requires_grad_(true).DetachFromDisposeScope();
            // What comes next may work in place.
            return output.clone();
        });
        Tensor logits;
        try
        {
            logits = network.call(images);
        }
        finally
        {
            hook.remove();
        }

        using var computed = output ?? throw new InvalidOperationException($"The stage '{stage}' took no part in the forward pass.");
        var classes = classIndex is { } index
            ? full(logits.shape[0], 1, index, ScalarType.Int64, logits.device)
            : logits.detach().argmax(1, keepdim: true);
        var gradient = autograd.grad([logits.gather(1, classes).sum()], [computed])[0];
        using var noGradients = no_grad();
        var (maps, slopes) = (network.Architecture.ToMap(computed), network.Architecture.ToMap(gradient));
        var heat = (slopes.mean([2, 3], keepdim: true) * maps).sum(1).relu();
        var highest = heat.amax([1, 2], keepdim: true);
        return (heat.div(highest.where(highest > 0, 1)).cpu(), slopes.any().item<bool>());
    }
}
