using System.Reflection;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Every wrapper of teachers over every kind of teacher: what one of them does, it does in a wrapper, too.</summary>
public sealed class TeacherContractTests : IDisposable
{
    private const int Rows = 4;

    private static readonly SmallCnn _network = new() { InputShape = new ImageShape(3, 16, 16), Width = 4 };
    private static readonly DecodedCache _training = PatternSource.Create(32);

    private static readonly Dictionary<string, TeacherSource> _kinds = new()
    {
        ["fixed network"] = new GivenTeacher(_network),
        ["uniform"] = new UniformTeacher(),
        ["virtual"] = new VirtualTeacher(),
        ["follows each step"] = new MovingAverageTeacher(),
        ["follows each epoch"] = new PreviousEpochTeacher(),
        ["trained first"] = new TrainedTeacher(_network) { Epochs = 1 },
        ["training rows only"] = new RowTeacher(),
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-teachers-").FullName;
    private readonly DisposeScope _scope = NewDisposeScope();

    public static MatrixTheoryData<string, string> Pairs => new(TeacherWrapper.All.Keys, _kinds.Keys);

    public static TheoryData<string> Wrappers => [.. TeacherWrapper.All.Keys];

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Every_wrapper_is_in_the_table()
    {
        using var student = Student();
        var opened = TeacherWrapper.All.Values.Select(wrapper => TypeOf(wrapper, student)).ToHashSet();
        Assert.Equal(WrapperTypes().ToHashSet(), opened);
        var sources = TeacherWrapper.All.Values.Select(wrapper => wrapper.Source(new UniformTeacher()).GetType()).ToHashSet();
        Assert.Subset(sources, SourcesWithParts().ToHashSet());
    }

    [Fact]
    public void Every_wrapper_overrides_all_that_a_teacher_may()
    {
        var members = typeof(Teacher).GetMethods(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(method => method is { IsVirtual: true, IsFinal: false }).ToList();
        Assert.Contains(members, method => method.Name == nameof(Teacher.OnEpochEnd));
        Assert.All(WrapperTypes(), type => Assert.Empty(members.Where(member => !Overrides(type, member)).Select(member => member.Name)));
        // The rule can fail: a network does not follow anybody.
        Assert.Contains(members, member => !Overrides(typeof(NetworkTeacher), member));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void It_answers_what_it_should_while_the_student_learns(string wrapperName, string kind)
    {
        var wrapper = TeacherWrapper.All[wrapperName];
        using var student = Student();
        using var plain = _kinds[kind].Open(Context(student));
        using var wrapped = wrapper.Open(_kinds[kind], Context(student), _directory);
        Assert.Equal(plain.KnowsTrainingRowsOnly, wrapped.KnowsTrainingRowsOnly);
        var before = Check(view: 0);
        Learn(student, plain, wrapped, steps: 2, endsEpoch: false);
        var afterSteps = Check(view: 1);
        Learn(student, plain, wrapped, steps: 1, endsEpoch: true);
        var afterEpoch = Check(view: 2);

        Assert.Equal(kind == "follows each step", !before.SequenceEqual(afterSteps));
        Assert.Equal(kind is "follows each step" or "follows each epoch", !afterSteps.SequenceEqual(afterEpoch));

        double[] Check(int view)
        {
            var batch = Batch(view);
            var expected = Expected(wrapper, plain.Teach(batch).Logits);
            AssertClose(expected, Softmax(wrapped.Teach(batch).Logits));
            // Once more: a teacher that keeps its answers now looks them up.
            AssertClose(expected, Softmax(wrapped.Teach(batch).Logits));
            if (!plain.KnowsTrainingRowsOnly)
                AssertClose(expected, Softmax(wrapped.Teach(batch with { RowIds = [] }).Logits));
            return expected;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Its_state_makes_another_answer_as_it_does(string wrapperName, string kind)
    {
        var wrapper = TeacherWrapper.All[wrapperName];
        using var student = Student();
        using var first = wrapper.Open(_kinds[kind], Context(student), _directory);
        using var second = wrapper.Open(_kinds[kind], Context(student), _directory);
        Assert.Equal(kind == "follows each step", first.ReadState().Any());
        second.LoadState(first.ReadState().ToDictionary());
        AssertClose(Softmax(first.Teach(Batch(view: 0)).Logits), Softmax(second.Teach(Batch(view: 0)).Logits));

        Learn(student, first, first, steps: 1, endsEpoch: true);
        Assert.Equal(kind is "follows each step" or "follows each epoch", first.ReadState().Any());
        second.LoadState(first.ReadState().ToDictionary());
        AssertClose(Softmax(first.Teach(Batch(view: 1)).Logits), Softmax(second.Teach(Batch(view: 1)).Logits));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void It_has_a_fingerprint_where_the_teacher_has_one(string wrapperName, string kind)
    {
        using var student = Student();
        using var plain = _kinds[kind].Open(Context(student));
        using var first = TeacherWrapper.All[wrapperName].Open(_kinds[kind], Context(student), _directory);
        using var second = TeacherWrapper.All[wrapperName].Open(_kinds[kind], Context(student), _directory);
        Assert.Equal(kind is "fixed network" or "trained first" or "training rows only", plain.Fingerprint is not null);
        Assert.Equal(plain.Fingerprint is null, first.Fingerprint is null);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        if (plain.Fingerprint is { } fingerprint)
            Assert.Contains(fingerprint, first.Fingerprint, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Each_batch_leaves_one_tensor_and_each_change_none(string wrapperName, string kind)
    {
        using var student = Student();
        using var teacher = TeacherWrapper.All[wrapperName].Open(_kinds[kind], Context(student), _directory);
        var batch = Batch(view: 0);
        Learn(student, teacher, teacher, steps: 1, endsEpoch: true);
        teacher.Teach(batch).Logits.Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var round = 0; round < 3; round++)
        {
            using var logits = teacher.Teach(batch).Logits;
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            Assert.False(logits.requires_grad);
            teacher.OnStepEnd(round + 1);
            teacher.OnEpochEnd();
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Theory]
    [MemberData(nameof(Wrappers))]
    public void The_teacher_is_disposed_once_with_its_wrapper(string wrapperName)
    {
        using var student = Student();
        var source = new CountedTeacher();
        var teacher = TeacherWrapper.All[wrapperName].Open(source, Context(student), _directory);
        teacher.Dispose();
        teacher.Dispose();
        Assert.Equal(1, source.Disposed);
        Assert.Throws<ObjectDisposedException>(() => teacher.Teach(Batch(view: 0)));
    }

    [Fact]
    public void All_members_are_disposed_also_after_one_that_throws()
    {
        using var student = Student();
        CountedTeacher first = new(), failing = new() { Failure = new IOException("the disk is gone") }, last = new();
        var teacher = new EnsembleTeacher(first, failing, last).Open(Context(student));
        var thrown = Assert.Throws<AggregateException>(teacher.Dispose);
        Assert.Equal("the disk is gone", Assert.Single(thrown.InnerExceptions).Message);
        // What kept the ensemble from opening is what is reported.
        var refused = Assert.Throws<InvalidOperationException>(() => new EnsembleTeacher(first, failing, last, new MovingAverageTeacher())
            .Open(new TeacherContext(_training.ClassNames, _training.Shape, CPU)));
        Assert.Contains("can be opened in a run only", refused.Message, StringComparison.Ordinal);
        Assert.Equal((2, 2, 2), (first.Disposed, failing.Disposed, last.Disposed));
    }

    private static Type TypeOf(TeacherWrapper wrapper, ImageNetwork student)
    {
        using var teacher = wrapper.Open(new UniformTeacher(), Context(student), Path.GetTempPath());
        return teacher.GetType();
    }

    // Of any teacher: one that has a network of its own knows that it follows nobody.
    private static IEnumerable<Type> WrapperTypes() => typeof(Teacher).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Teacher))
        && type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
            .Any(field => field.FieldType == typeof(Teacher) || field.FieldType.IsAssignableTo(typeof(IEnumerable<Teacher>))));

    private static IEnumerable<Type> SourcesWithParts() => typeof(Teacher).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(TeacherSource)) && type.GetProperty(nameof(TeacherSource.Parts))!.DeclaringType == type);

    private static bool Overrides(Type type, MethodInfo member) => type
        .GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Any(method => method.GetBaseDefinition() == member);

    private static ImageNetwork Student()
    {
        random.manual_seed(5);
        return _network.Build(4);
    }

    private static TeacherContext Context(ImageNetwork student) => new(_training.ClassNames, _training.Shape, CPU)
    {
        Training = _training,
        Student = student,
        TeacherTraining = new TeacherTraining(new TrainingPlan { BatchSize = 16, MaxEpochs = 2 }, _network, _training, null, _ => { },
            default),
    };

    // All views look alike: what an answer changes with is the student.
    private static ImageBatch Batch(int view)
    {
        var images = arange(Rows * 3 * 16 * 16, ScalarType.Int64).mul(97).remainder(256).view(Rows, 3, 16, 16).to(ScalarType.Byte);
        return new ImageBatch(images, Targets.FromLabels(tensor([0L, 1L, 2L, 3L]), 4), [7, 0, 3, 30], view);
    }

    // Both teachers trail one student: what it learns is what they are told of.
    private static void Learn(ImageNetwork student, Teacher one, Teacher other, int steps, bool endsEpoch)
    {
        Teacher[] teachers = ReferenceEquals(one, other) ? [one] : [one, other];
        for (var step = 1; step <= steps; step++)
        {
            using (no_grad())
            {
                foreach (var parameter in student.parameters())
                    parameter.add_(randn_like(parameter), 0.2);
            }

            foreach (var teacher in teachers)
                teacher.OnStepEnd(step);
        }

        if (endsEpoch)
            Array.ForEach(teachers, teacher => teacher.OnEpochEnd());
    }

    private static double[] Expected(TeacherWrapper wrapper, Tensor logits)
    {
        var companion = Softmax(tensor(TeacherWrapper.CompanionLogits).unsqueeze(0));
        return [.. Softmax(logits).Chunk(4).SelectMany(row => wrapper.Mean(row, companion))];
    }

    private static double[] Softmax(Tensor logits) => nn.functional.softmax(logits.to(ScalarType.Float64), 1).data<double>().ToArray();

    private static void AssertClose(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected, (value, i) => Assert.Equal(value, found[i], 1e-5));
    }
}
