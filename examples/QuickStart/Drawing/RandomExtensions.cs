using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>Draws of the kinds a painter needs.</summary>
internal static class RandomExtensions
{
    extension(Random random)
    {
        /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
        public float Between(double low, double high) => (float)(low + (high - low) * random.NextDouble());

        /// <summary>True with this probability.</summary>
        public bool Chance(double probability) => random.NextDouble() < probability;

        /// <summary>Normal with mean 0 and standard deviation 1 (Box and Muller).</summary>
        public float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

        /// <summary>A point in the rectangle.</summary>
        public SKPoint PointIn(SKRect area) => new(random.Between(area.Left, area.Right), random.Between(area.Top, area.Bottom));

        /// <summary>A colour between the two, each channel by the same share, then a little off.</summary>
        public SKColor Mix(SKColor first, SKColor second)
        {
            var share = random.NextDouble();
            return new SKColor(Channel(first.Red, second.Red), Channel(first.Green, second.Green), Channel(first.Blue, second.Blue));

            byte Channel(byte from, byte to) => (byte)Math.Clamp(from + (to - from) * share + random.Between(-12, 12), 0, 255);
        }

        /// <summary>Any colour, mostly a dull one, as paint and cloth in a street are.</summary>
        public SKColor AnyColor() =>
            SKColor.FromHsl(random.Between(0, 360), 100 * MathF.Pow(random.Between(0, 0.95), 2), 100 * random.Between(0.15, 0.75));
    }
}
