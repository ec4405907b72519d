namespace TfKd;

/// <summary>
/// Minimises a smooth convex function: limited-memory BFGS (Nocedal and Wright, 'Numerical Optimization', 2nd edition, algorithms 7.4 and
/// 7.5), with steps halved until the decrease is sufficient (Armijo's condition).
/// </summary>
internal static class Lbfgs
{
    private const int History = 10;
    private const double SufficientDecrease = 1e-4;
    private const int MaxHalvings = 30;

    /// <param name="function">Returns the value at a point, and writes the gradient there.</param>
    /// <param name="start">Where to begin; stays as it is.</param>
    /// <param name="tolerance">The largest element of the gradient at which the search ends.</param>
    /// <param name="maxIterations">The most steps to take.</param>
    /// <returns>The point of the lowest value found.</returns>
    public static double[] Minimize(
        Func<double[], double[], double> function, double[] start, double tolerance = 1e-6, int maxIterations = 500)
    {
        var (point, gradient) = ((double[])start.Clone(), new double[start.Length]);
        var value = function(point, gradient);
        var pairs = new LinkedList<(double[] Step, double[] Change, double Inverse)>();
        for (var i = 0; i < maxIterations && gradient.Max(Math.Abs) > tolerance; i++)
        {
            var direction = Direction(gradient, pairs);
            var slope = Dot(gradient, direction);
            var length = pairs.Count == 0 ? Math.Min(1, 1 / Math.Sqrt(Dot(gradient, gradient))) : 1;
            var (next, nextGradient) = (new double[point.Length], new double[point.Length]);
            var (nextValue, halvings) = (double.NaN, 0);
            for (; halvings < MaxHalvings; halvings++, length /= 2)
            {
                for (var j = 0; j < point.Length; j++)
                    next[j] = point[j] + length * direction[j];
                nextValue = function(next, nextGradient);
                if (nextValue <= value + SufficientDecrease * length * slope)
                    break;
            }

            // The numbers have no more digits.
            if (halvings == MaxHalvings)
                return point;
            Remember(pairs, Difference(next, point), Difference(nextGradient, gradient));
            (point, gradient, value) = (next, nextGradient, nextValue);
        }

        return point;
    }

    private static double[] Direction(double[] gradient, LinkedList<(double[] Step, double[] Change, double Inverse)> pairs)
    {
        var direction = gradient.Select(element => -element).ToArray();
        var weights = new Stack<double>();
        for (var pair = pairs.Last; pair is not null; pair = pair.Previous)
        {
            var weight = pair.Value.Inverse * Dot(pair.Value.Step, direction);
            weights.Push(weight);
            AddTo(direction, -weight, pair.Value.Change);
        }

        if (pairs.Last is { } last)
        {
            var scale = 1 / (last.Value.Inverse * Dot(last.Value.Change, last.Value.Change));
            for (var j = 0; j < direction.Length; j++)
                direction[j] *= scale;
        }

        foreach (var (step, change, inverse) in pairs)
            AddTo(direction, weights.Pop() - inverse * Dot(change, direction), step);
        return direction;
    }

    private static void Remember(LinkedList<(double[] Step, double[] Change, double Inverse)> pairs, double[] step, double[] change)
    {
        // Without curvature along the step there is nothing to learn from it.
        var curvature = Dot(step, change);
        if (!(curvature > 0) || !double.IsFinite(1 / curvature))
            return;
        pairs.AddLast((step, change, 1 / curvature));
        if (pairs.Count > History)
            pairs.RemoveFirst();
    }

    private static double[] Difference(double[] left, double[] right) => [.. left.Zip(right, (a, b) => a - b)];

    private static double Dot(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var j = 0; j < left.Length; j++)
            sum += left[j] * right[j];
        return sum;
    }

    private static void AddTo(double[] sum, double factor, double[] values)
    {
        for (var j = 0; j < sum.Length; j++)
            sum[j] += factor * values[j];
    }
}
