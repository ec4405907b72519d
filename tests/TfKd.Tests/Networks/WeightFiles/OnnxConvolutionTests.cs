namespace TfKd.Tests;

/// <summary>What a convolution of an ONNX file does beside its weights, as files of different exporters say it.</summary>
public sealed class OnnxConvolutionTests
{
    private static readonly long[] _kernel = [3, 5];

    [Fact]
    public void Without_attributes_it_steps_by_one_and_pads_nothing() =>
        Assert.Equal("stride [1,1], padding [0,0], dilation [1,1], groups 1", OnnxConvolution.Settings(Node(), _kernel));

    [Fact]
    public void Attributes_are_told() => Assert.Equal(
        "stride [2,3], padding [1,2], dilation [4,5], groups 8",
        OnnxConvolution.Settings(
            Node(("strides", [2, 3]), ("pads", [1, 2, 1, 2]), ("dilations", [4, 5]), ("group", [8])), _kernel));

    [Theory]
    // As many rows as the kernel needs outside, less the stride: the kernel is 3 and 5, dilated 5 and 9.
    [InlineData("SAME_UPPER", 1, 1, "[1,2]")]
    [InlineData("SAME_LOWER", 1, 1, "[1,2]")]
    [InlineData("SAME_UPPER", 2, 1, "[0,1]")]
    [InlineData("SAME_LOWER", 2, 1, "[1,2]")]
    [InlineData("SAME_UPPER", 1, 2, "[2,4]")]
    [InlineData("SAME_UPPER", 4, 1, "[0,0]")]
    [InlineData("SAME_LOWER", 4, 1, "[0,1]")]
    [InlineData("VALID", 1, 1, "[0,0]")]
    public void Automatic_padding_is_that_of_the_kernel(string automatic, long stride, long dilation, string padding)
    {
        var node = Node(("strides", [stride, stride]), ("dilations", [dilation, dilation]), ("pads", [7, 7, 7, 7]));
        node.Texts["auto_pad"] = automatic;
        Assert.Equal(
            $"stride [{stride},{stride}], padding {padding}, dilation [{dilation},{dilation}], groups 1",
            OnnxConvolution.Settings(node, _kernel));
    }

    [Theory]
    [InlineData(2, 3, 3, 2, 2, "[3,3]")]
    [InlineData(2, 3, 3, 3, 3, "[3,3]")]
    [InlineData(2, 3, 3, 1, 3, "[3,3] before and [1,3] behind")]
    [InlineData(2, 3, 3, 3, 1, "[3,3] before and [3,1] behind")]
    [InlineData(2, 3, 3, 4, 3, "[3,3] before and [4,3] behind")]
    [InlineData(1, 3, 3, 2, 3, "[3,3] before and [2,3] behind")]
    public void Rows_behind_that_no_stride_reaches_may_be_left_out(
        long stride, long top, long left, long bottom, long right, string padding) => Assert.Equal(
            $"stride [{stride},{stride}], padding {padding}, dilation [1,1], groups 1",
            OnnxConvolution.Settings(Node(("strides", [stride, stride]), ("pads", [top, left, bottom, right])), [7, 7]));

    private static OnnxNode Node(params (string Name, long[] Values)[] attributes)
    {
        var node = new OnnxNode("c", "Conv", ["x", "w"], ["c"]);
        foreach (var (name, values) in attributes)
            node.Integers[name] = values;
        return node;
    }
}
