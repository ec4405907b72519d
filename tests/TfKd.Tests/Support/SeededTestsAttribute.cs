using System.Reflection;
using TorchSharp;
using Xunit.v3;

namespace TfKd.Tests;

/// <summary>
/// Torch has one global generator, and networks and random tensors of all tests are drawn from it. It is seeded before each constructor of
/// a test class or fixture, before each body and after each test, so that no test depends on what ran before it.
/// </summary>
/// <remarks>
/// xunit makes the instance of a test class before it asks this attribute, so what seeds for constructors is its activator. The seed after
/// a test is for theory data that are drawn. FsCheck's properties have a runner of their own, which asks neither; they draw from FsCheck's
/// generator.
/// </remarks>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SeededTestsAttribute : BeforeAfterTestAttribute
{
    public const long ConstructorSeed = 101;
    public const long BodySeed = 102;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => torch.random.manual_seed(BodySeed);

    public override void After(MethodInfo methodUnderTest, IXunitTest test) => torch.random.manual_seed(ConstructorSeed);

    /// <summary>The fixture of the assembly: made before any other.</summary>
    internal sealed class Start
    {
        public Start()
        {
            torch.random.manual_seed(ConstructorSeed);
            if (TypeActivator.Current is not SeedingActivator)
                TypeActivator.Current = new SeedingActivator(TypeActivator.Current);
        }
    }

    private sealed class SeedingActivator(ITypeActivator inner) : ITypeActivator
    {
        public object CreateInstance(
            ConstructorInfo constructor,
            object?[]? arguments,
            Func<Type, IReadOnlyCollection<ParameterInfo>, string> missingArgumentMessageFormatter)
        {
            torch.random.manual_seed(ConstructorSeed);
            return inner.CreateInstance(constructor, arguments, missingArgumentMessageFormatter);
        }
    }
}
