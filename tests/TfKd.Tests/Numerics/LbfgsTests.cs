namespace TfKd.Tests;

/// <summary>The search on functions whose minimum and whose first steps are known.</summary>
public sealed class LbfgsTests
{
    private static readonly double[] _curvatures = [1, 10, 100, 1000];
    private static readonly double[] _minimum = [3, -2, 1, 0.5];

    [Fact]
    public void The_minimum_of_an_ill_conditioned_quadratic_is_found_in_few_steps()
    {
        var points = new List<double[]>();
        var start = new double[4];

        var found = Lbfgs.Minimize(Recorded(Quadratic, points), start, tolerance: 1e-9);

        Assert.All(found.Zip(_minimum), pair => Assert.Equal(pair.Second, pair.First, 1e-9));
        Assert.Equal(new double[4], start);
        // Steps down the gradient alone would take thousands.
        Assert.InRange(points.Count, 5, 30);
    }

    /// <summary>Rosenbrock's valley is not convex, but its floor is where curvature changes from step to step.</summary>
    [Fact]
    public void More_steps_than_are_remembered_lead_along_a_curved_valley()
    {
        var points = new List<double[]>();

        var found = Lbfgs.Minimize(Recorded(Valley, points), [-1.2, 1], tolerance: 1e-10);

        Assert.Equal(1, found[0], 1e-9);
        Assert.Equal(1, found[1], 1e-9);
        Assert.InRange(points.Count, 15, 60);

        static double Valley(double[] point, double[] gradient)
        {
            var (x, y) = (point[0], point[1]);
            gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x);
            gradient[1] = 200 * (y - x * x);
            return 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
        }
    }

    [Theory]
    [InlineData(30, 40, -0.6, -0.8)]
    [InlineData(0.3, 0.4, -0.3, -0.4)]
    public void The_first_step_goes_down_the_gradient_and_is_no_longer_than_1(double slopeX, double slopeY, double x, double y)
    {
        var points = new List<double[]>();

        Lbfgs.Minimize(Recorded((_, gradient) =>
        {
            (gradient[0], gradient[1]) = (slopeX, slopeY);
            return -points.Count;
        }, points), [0, 0], maxIterations: 1);

        Assert.Equal(2, points.Count);
        Assert.Equal(x, points[1][0], 1e-15);
        Assert.Equal(y, points[1][1], 1e-15);
    }

    [Fact]
    public void A_step_is_halved_until_the_value_falls_by_a_ten_thousandth_of_what_the_slope_promises()
    {
        // From 0 with slope -1 the first step is 1: a decrease of 0.9e-4 is not enough there, one of 0.6e-4 is at 1/2.
        var values = new Queue<double>([0, -0.9e-4, -0.6e-4]);
        var points = new List<double[]>();

        var found = Lbfgs.Minimize(Recorded((_, gradient) =>
        {
            gradient[0] = -1;
            return values.Dequeue();
        }, points), [0], maxIterations: 1);

        Assert.Equal([0, 1, 0.5], points.Select(point => point[0]));
        Assert.Equal([0.5], found);
    }

    [Fact]
    public void Where_no_step_is_an_improvement_the_point_is_the_last_that_was()
    {
        var points = new List<double[]>();

        var found = Lbfgs.Minimize(Recorded((point, gradient) =>
        {
            gradient[0] = -1;
            return point[0] == 0 ? 0 : double.NaN;
        }, points), [0]);

        Assert.Equal([0], found);
        Assert.Equal(31, points.Count);
        Assert.Equal(Math.Pow(2, -29), points[^1][0]);
    }

    [Fact]
    public void A_gradient_within_the_tolerance_ends_the_search()
    {
        var points = new List<double[]>();

        Assert.Equal([0.25, 4], Lbfgs.Minimize(Recorded((_, gradient) =>
        {
            (gradient[0], gradient[1]) = (0.5, -0.5);
            return 0;
        }, points), [0.25, 4], tolerance: 0.5));

        Assert.Single(points);
    }

    private static double Quadratic(double[] point, double[] gradient)
    {
        var value = 0.0;
        for (var i = 0; i < point.Length; i++)
        {
            gradient[i] = _curvatures[i] * (point[i] - _minimum[i]);
            value += gradient[i] * (point[i] - _minimum[i]) / 2;
        }

        return value;
    }

    private static Func<double[], double[], double> Recorded(Func<double[], double[], double> function, List<double[]> points) =>
        (point, gradient) =>
        {
            points.Add([.. point]);
            return function(point, gradient);
        };
}
