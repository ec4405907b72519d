using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class LossLogTests
{
    [Fact]
    public void Means_are_of_all_records_in_the_order_of_first_appearance()
    {
        using var log = new LossLog();
        foreach (var (term, value) in (ReadOnlySpan<(string, float)>)[("kd", 1), ("ce", 10), ("kd", 2), ("kd", 6)])
            Record(log, term, value);

        Assert.Equal([KeyValuePair.Create("kd", 3.0), KeyValuePair.Create("ce", 10.0)], log.Means);
    }

    [Fact]
    public void Sums_outlive_the_scope_of_the_step_and_are_freed_by_clear()
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using var log = new LossLog();
        for (var step = 0; step < 20; step++)
            Record(log, "ce", step);

        Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(9.5, log.Means["ce"]);
        log.Clear();
        Assert.Empty(log.Means);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Recording_leaves_value_and_gradient_alone()
    {
        using var log = new LossLog();
        using var scope = NewDisposeScope();
        var logits = tensor([1.0, 2.0]).requires_grad_();
        var value = logits.sum();

        log.Record("sum", value);
        log.Record("sum", value);
        value.backward();

        Assert.Equal(3.0, value.item<double>());
        Assert.Equal([1.0, 1.0], logits.grad!.data<double>().ToArray());
        Assert.Equal(3.0, log.Means["sum"]);
    }

    [Fact]
    public void Half_precision_values_are_summed_in_double()
    {
        using var log = new LossLog();
        using var scope = NewDisposeScope();
        for (var i = 0; i < 1000; i++)
            log.Record("ce", ones([], ScalarType.BFloat16));

        Assert.Equal(1.0, log.Means["ce"]);
    }

    private static void Record(LossLog log, string term, float value)
    {
        using var scope = NewDisposeScope();
        log.Record(term, tensor(value));
    }
}
