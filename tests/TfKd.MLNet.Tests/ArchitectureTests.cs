using System.Runtime.CompilerServices;

namespace TfKd.MLNet.Tests;

public sealed class ArchitectureTests
{
    [Fact]
    public void Every_class_is_abstract_or_sealed() =>
        Assert.DoesNotContain(typeof(TorchImageClassificationTrainer).Assembly.GetTypes(), type => type is { IsClass: true, IsAbstract: false, IsSealed: false } && !IsCompilerGenerated(type));

    private static bool IsCompilerGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), false) || (type.DeclaringType is { } outer && IsCompilerGenerated(outer));
}
