namespace TfKd.Tests;

public sealed class RunPositionTests
{
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"Step\":\"three\",\"History\":[]}")]
    [InlineData("{\"Step\":-1,\"History\":[]}")]
    [InlineData("{\"Step\":1,\"History\":null}")]
    [InlineData("{\"Step\":1,\"History\":[null]}")]
    public void A_state_that_is_none_is_called_so(string text) => Assert.StartsWith(
        "'run.safetensors' does not say where its run stands: ",
        Assert.Throws<InvalidDataException>(() => RunPosition.Parse(text, "run.safetensors")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_state_comes_back_as_it_was()
    {
        var position = RunPosition.Parse(new RunPosition(7, "enough", []) { Kernels = "as they are" }.ToText(), "run.safetensors");
        Assert.Equal((7L, "enough", "as they are"), (position.Step, position.StopReason, position.Kernels));
        Assert.Empty(position.History);
    }
}
