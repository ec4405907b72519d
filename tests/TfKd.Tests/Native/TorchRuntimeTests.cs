using TorchSharp;

namespace TfKd.Tests;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Torch_computes_after_ensure_loaded()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();

        using var sum = torch.arange(5).sum();

        Assert.Equal(10, sum.item<long>());
    }

    [Fact]
    public void A_fault_inside_libtorch_arrives_as_an_exception()
    {
        TorchRuntime.EnsureLoaded();
        using var left = torch.zeros(2, 3);
        using var right = torch.zeros(2, 3);

        Assert.ThrowsAny<Exception>(() => left.mm(right));
    }

    [Fact]
    public void Missing_libtorch_is_explained_by_the_package_to_add()
    {
        var message = TorchRuntime.Explain(libraryPath: null);

        Assert.StartsWith(
            "libtorch is not among the application's files. Add the NuGet package libtorch-cpu-", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Libtorch_that_does_not_load_is_explained_by_its_path()
    {
        Assert.Contains(
            "'/app/libtorch_cpu.so', but does not load", TorchRuntime.Explain("/app/libtorch_cpu.so"), StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_policy_reaches_the_c_library_where_the_user_has_set_none()
    {
        string[] variables = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"];
        if (!LibC.IsGlibc || variables.Any(name => Environment.GetEnvironmentVariable(name) is not null))
            Assert.Skip("Not glibc, or a variable is set.");
        TorchRuntime.EnsureLoaded();

        Assert.Equal([null, "2000"], variables.Select(LibC.GetEnvironmentVariable));
    }
}
