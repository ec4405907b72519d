namespace TfKd.Tests;

public sealed class TeacherCacheFormatTests
{
    public static TheoryData<int, int?> Sizes =>
        new() { { 2, null }, { 100, null }, { 10, 1 }, { 10, 3 }, { 10, 9 }, { 100, 5 }, { 70_000, 4 } };

    [Fact]
    public void Float32_gives_back_every_bit()
    {
        float[] logits = [0, -0f, 1.1f, float.MaxValue, float.NegativeInfinity, float.Epsilon];
        Assert.Equal(logits.Select(BitConverter.SingleToInt32Bits),
            Passed(logits, TeacherCachePrecision.Float32, null).Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData(2, 8)]
    [InlineData(100, 8)]
    [InlineData(100, 3000)]
    public void Float16_is_off_by_at_most_a_2048th(int classCount, double spread)
    {
        var logits = Logits(classCount, spread);
        var expected = LogSoftmax(logits);
        var passed = Passed(logits, TeacherCachePrecision.Float16, null);
        for (var k = 0; k < classCount; k++)
            Assert.InRange(passed[k], expected[k] - Bound(expected[k]), expected[k] + Bound(expected[k]));
    }

    [Fact]
    public void Float16_keeps_the_distribution_of_logits_far_from_zero()
    {
        float[] logits = [100_000, 100_001, 99_999];
        var expected = LogSoftmax(logits);
        Assert.All(Passed(logits, TeacherCachePrecision.Float16, null), (value, k) => Assert.Equal(expected[k], value, Bound(expected[k])));
    }

    [Fact]
    public void Float16_makes_no_zero_of_a_probability_that_is_none()
    {
        Assert.Equal([0, -65504, float.NegativeInfinity], Passed([0, -1e6f, float.NegativeInfinity], TeacherCachePrecision.Float16, null));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Top_k_keeps_the_largest_and_shares_the_rest_equally(int classCount, int? topK)
    {
        var logits = Logits(classCount, 6);
        var expected = LogSoftmax(logits);
        var passed = Passed(logits, TeacherCachePrecision.Float32, topK);
        // Whole float32 answers are the logits themselves; their softmax is compared.
        var found = LogSoftmax(passed);
        var order = Enumerable.Range(0, classCount).OrderByDescending(k => expected[k]).ToArray();
        Assert.All(order.Take(topK ?? classCount), k => Assert.Equal(expected[k], found[k], 2e-6));
        if (topK is not { } kept)
            return;
        var rest = order.Skip(kept).ToArray();
        var share = rest.Sum(k => Math.Exp(expected[k])) / rest.Length;
        Assert.All(rest, k => Assert.Equal(Math.Log(share), found[k], 2e-6));
        Assert.Equal(1, passed.Sum(value => Math.Exp(value)), 1e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Top_k_is_off_by_no_more_than_what_remains(double temperature)
    {
        var logits = Logits(50, 10);
        var passed = Passed(logits, TeacherCachePrecision.Float32, 5);
        var expected = LogSoftmax(logits, temperature);
        var found = LogSoftmax(passed, temperature);
        var order = Enumerable.Range(0, 50).OrderByDescending(k => logits[k]).ToArray();
        // Kept classes keep their proportions at every temperature; the others get at least their due, and at temperature 1 exactly that.
        Assert.All(order[..5], k => Assert.Equal(expected[k] - expected[order[0]], found[k] - found[order[0]], 1e-5));
        var (due, given) = (order[5..].Sum(k => Math.Exp(expected[k])), order[5..].Sum(k => Math.Exp(found[k])));
        if (temperature == 1)
            Assert.Equal(due, given, 1e-6);
        else
            Assert.True(given > due, $"{given} of {due}");
        var distance = Enumerable.Range(0, 50).Sum(k => Math.Abs(Math.Exp(expected[k]) - Math.Exp(found[k]))) / 2;
        Assert.InRange(distance, 0, given);
    }

    [Fact]
    public void What_remains_is_told_apart_even_far_below_one()
    {
        var passed = Passed([0, -40, -42, -44], TeacherCachePrecision.Float32, 1);
        Assert.Equal(0, passed[0]);
        Assert.All(passed[1..], value => Assert.Equal(Math.Log((Math.Exp(-40) + Math.Exp(-42) + Math.Exp(-44)) / 3), value, 1e-5));
    }

    [Fact]
    public void Of_equals_the_first_class_is_kept()
    {
        var passed = Passed([1, 2, 2, 2, float.NegativeInfinity], TeacherCachePrecision.Float16, 2);
        Assert.Equal(passed[1], passed[2]);
        Assert.True(passed[3] < passed[2]);
        Assert.Equal(passed[3], passed[0]);
    }

    [Fact]
    public void As_many_classes_as_there_are_keep_all()
    {
        Assert.Equal(new TeacherCacheFormat(7, TeacherCachePrecision.Float32, null).ToString(),
            new TeacherCacheFormat(7, TeacherCachePrecision.Float32, 7).ToString());
        Assert.Equal([3f, 1, 2], Passed([3, 1, 2], TeacherCachePrecision.Float32, 9));
    }

    [Theory]
    [InlineData(100, TeacherCachePrecision.Float32, null, 400)]
    [InlineData(100, TeacherCachePrecision.Float16, null, 200)]
    [InlineData(100, TeacherCachePrecision.Float32, 5, 34)]
    [InlineData(100, TeacherCachePrecision.Float16, 5, 22)]
    [InlineData(70_000, TeacherCachePrecision.Float16, 5, 32)]
    public void Bytes_of_a_row(int classCount, TeacherCachePrecision precision, int? topK, int bytes) =>
        Assert.Equal(bytes, new TeacherCacheFormat(classCount, precision, topK).RowBytes);

    private static double Bound(double value) => Math.Abs(value) / 2048 + 1e-7;

    private static float[] Passed(float[] logits, TeacherCachePrecision precision, int? topK)
    {
        var format = new TeacherCacheFormat(logits.Length, precision, topK);
        var row = new byte[format.RowBytes];
        var passed = new float[logits.Length];
        format.Encode(logits, row);
        format.Decode(row, passed);
        return passed;
    }

    private static float[] Logits(int classCount, double spread)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, classCount).Select(_ => (float)(spread * (random.NextDouble() - 0.5)))];
    }

    private static double[] LogSoftmax(float[] logits, double temperature = 1)
    {
        var largest = logits.Max() / temperature;
        var logSum = largest + Math.Log(logits.Sum(logit => Math.Exp(logit / temperature - largest)));
        return [.. logits.Select(logit => logit / temperature - logSum)];
    }
}
