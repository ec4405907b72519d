using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>A network of seeded random weights as the teacher.</summary>
internal sealed record GivenTeacher(NetworkArchitecture Architecture) : TeacherSource
{
    protected override Teacher OpenCore(TeacherContext context)
    {
        random.manual_seed(17);
        return new NetworkTeacher(Architecture.Build(context.ClassNames.Count), context.ClassNames, context, ownsNetwork: true);
    }
}
