using TfKd.Tests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// Torch has one global generator and one thread pool, and counts its tensors process-wide: tests that look at them must be alone.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(SeededTestsAttribute.Start))]
[assembly: SeededTests]
[assembly: TestCollectionOrderer(typeof(SeededOrder))]
[assembly: TestClassOrderer(typeof(SeededOrder))]
[assembly: TestMethodOrderer(typeof(SeededOrder))]
[assembly: TestCaseOrderer(typeof(SeededOrder))]
