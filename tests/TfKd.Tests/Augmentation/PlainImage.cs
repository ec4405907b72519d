using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>An image [C,H,W] in plain numbers: what the operations in Torch are checked against.</summary>
internal sealed class PlainImage(int channels, int height, int width)
{
    private readonly double[] _values = new double[channels * height * width];

    public int Channels => channels;

    public int Height => height;

    public int Width => width;

    public double this[int channel, int y, int x]
    {
        get => _values[(channel * height + y) * width + x];
        set => _values[(channel * height + y) * width + x] = value;
    }

    /// <summary>One row of a batch [N,C,H,W].</summary>
    public static PlainImage Of(Tensor images, int row)
    {
        var image = new PlainImage((int)images.shape[1], (int)images.shape[2], (int)images.shape[3]);
        images[row].to(ScalarType.Float64).contiguous().data<double>().ToArray().CopyTo(image._values, 0);
        return image;
    }

    /// <summary>An image of the same size whose values are what the function says of channel, y and x.</summary>
    public PlainImage Map(Func<int, int, int, double> function)
    {
        var image = new PlainImage(channels, height, width);
        for (var channel = 0; channel < channels; channel++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                    image[channel, y, x] = function(channel, y, x);
            }
        }

        return image;
    }

    /// <summary>Its values times a factor and another's times the rest, cut off at 0 and 255.</summary>
    public PlainImage Blend(double factor, Func<int, int, int, double> other) =>
        Map((channel, y, x) => Math.Clamp(factor * this[channel, y, x] + (1 - factor) * other(channel, y, x), 0, 255));

    public double Luma(int y, int x) =>
        channels == 3 ? 0.2989 * this[0, y, x] + 0.587 * this[1, y, x] + 0.114 * this[2, y, x] : this[0, y, x];

    public IEnumerable<double> Channel(int channel) => _values.Skip(channel * height * width).Take(height * width);

    /// <summary>The value at a place, 0 beyond the border.</summary>
    public double At(int channel, int y, int x) => y >= 0 && y < height && x >= 0 && x < width ? this[channel, y, x] : 0;

    public void AssertEqual(Tensor images, int row, double tolerance)
    {
        var actual = Of(images, row);
        Assert.Equal(_values.Length, actual._values.Length);
        for (var i = 0; i < _values.Length; i++)
            Assert.Equal(_values[i], actual._values[i], tolerance);
    }
}
