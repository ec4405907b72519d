using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit.Sdk;
using Xunit.v3;

namespace TfKd.Tests;

/// <summary>
/// The order in which collections, classes, methods and cases of tests run: xunit's, or with the environment variable TFKD_TEST_ORDER,
/// a whole number, one drawn from it. No test may depend on what ran before it, and <c>.ci/orders</c> shows that none does.
/// </summary>
public sealed class SeededOrder : ITestCollectionOrderer, ITestClassOrderer, ITestMethodOrderer, ITestCaseOrderer
{
    private static readonly int? _seed = Environment.GetEnvironmentVariable("TFKD_TEST_ORDER") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;

    /// <inheritdoc/>
    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections) where T : ITestCollection =>
        _seed is { } seed
            ? Shuffled(testCollections, seed, collection => collection.UniqueID)
            : DefaultTestCollectionOrderer.Instance.OrderTestCollections(testCollections);

    /// <inheritdoc/>
    public IReadOnlyCollection<T?> OrderTestClasses<T>(IReadOnlyCollection<T?> testClasses) where T : notnull, ITestClass =>
        _seed is { } seed
            ? Shuffled(testClasses, seed, type => type?.UniqueID)
            : DefaultTestClassOrderer.Instance.OrderTestClasses(testClasses);

    /// <inheritdoc/>
    public IReadOnlyCollection<T?> OrderTestMethods<T>(IReadOnlyCollection<T?> testMethods) where T : notnull, ITestMethod =>
        _seed is { } seed
            ? Shuffled(testMethods, seed, method => method?.UniqueID)
            : DefaultTestMethodOrderer.Instance.OrderTestMethods(testMethods);

    /// <inheritdoc/>
    public IReadOnlyCollection<T> OrderTestCases<T>(IReadOnlyCollection<T> testCases) where T : notnull, ITestCase =>
        _seed is { } seed
            ? Shuffled(testCases, seed, test => test.UniqueID)
            : DefaultTestCaseOrderer.Instance.OrderTestCases(testCases);

    private static IReadOnlyCollection<T> Shuffled<T>(IReadOnlyCollection<T> items, int seed, Func<T, string?> key) =>
        [
            .. items.OrderBy(
                item => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {key(item)}"))), StringComparer.Ordinal),
        ];
}
