using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The components of a run, made in an order that is part of its result: some draw random numbers, some change the network that the next
/// look at. It owns what it makes, and disposes it in the opposite order.
/// </summary>
internal sealed class RunSetup : IDisposable
{
    private readonly TrainingPlan _plan;
    private readonly RunData _data;
    private readonly Stack<IDisposable> _owned = new();

    /// <param name="plan">What is run.</param>
    /// <param name="data">On what.</param>
    /// <param name="agreement">The processes that take the run's steps together.</param>
    /// <param name="token">Stops between two batches of what runs before the first step: a teacher's training, frozen stages.</param>
    /// <exception cref="InvalidOperationException">The plan, the network and the rows do not fit together.</exception>
    /// <exception cref="IOException">Checkpoints cannot be written.</exception>
    public RunSetup(TrainingPlan plan, RunData data, ReplicaAgreement agreement, CancellationToken token)
    {
        (_plan, _data, Callbacks, Agreement) = (plan, data, new RunCallbacks(plan.Callbacks), agreement);
        agreement.Settle(() => PlanValidation.Check(plan, data.Student, data.Training, data.Validation));
        var about = ReplicaValidation.Describe(plan, data.Training, data.Validation);
        agreement.Settle(() => ReplicaValidation.RequireSame(agreement.OfFirst(about)!, about));
        try
        {
            if (plan.CheckpointDirectory is { } directory)
                Own(RunCheckpoint.Prepare(directory));
            WeightsOfRows = RowWeights.Of(data.Training, plan.ClassWeighting);
            WeightsOfPositives = PositiveWeights.Of(data.Training, plan.ClassWeighting);
            ValidationRows = ChooseValidationRows();
            var frozen = PrepareStudent();
            // Refused before a teacher is trained.
            var integers = TrainIntegers(data.Student);
            Loader = OpenLoader();
            LoneValues.Refuse(data.Student, frozen, data.Training.Shape, Loader.SmallestBatch);
            data.Student.UsePath(KernelChoice.Of(plan, data.Student, data.Training.Shape, BatchSizes(), Callbacks));
            var peer = plan.Teacher is PeerTeacher ? Own(CreatePeer()) : null;
            var fingerprint = TakeFingerprint();
            var teacher = peer is null ? Own(OpenTeacher(fingerprint, token)) : null;
            var context = FeatureProbe.Describe(plan, data.Student, peer, teacher, Loader.BatchSizes[0], data.Training);
            Own(ClassifierReuse.Take(plan, data.Student, teacher, Loader.BatchSizes[0], data.Training));
            GlobalGenerator.Seed(plan.Seed, SeedPurpose.ObjectiveStates);
            var features = Own(FeatureReuse.Compute(plan, data.Student, data.Training, Callbacks, token));
            ValidationFeatures = features is null ? null : Own(FeatureReuse.OfValidation(plan, data, Callbacks, token));
            var student = CreateLearner(data.Student, context, frozen, integers, features);
            var peerLearner = peer is null ? null : CreateLearner(peer, context, FreezeLayers(peer), TrainIntegers(peer));
            Participants = new(student, peerLearner, teacher, CreateStatistics(teacher));
            var unread = Own(UnreadSteps.Of(plan, Participants));
            Run = Own(new TrainingRun(CreateState(), Participants, OpenCheckpoint(fingerprint), agreement) { Unread = unread });
            Strategy = CreateStrategy(unread);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public RunCallbacks Callbacks { get; }

    /// <summary>What the processes that take the run's steps together settle with one another.</summary>
    public ReplicaAgreement Agreement { get; }

    /// <summary>Reads the training rows.</summary>
    public BatchLoader Loader { get; }

    /// <summary>The weight of each training row; null where all weigh the same.</summary>
    public float[]? WeightsOfRows { get; }

    /// <summary>How much the rows that have a label count beside those that have not, one number a class; null: as much.</summary>
    public double[]? WeightsOfPositives { get; }

    /// <summary>Optimiser steps of an epoch.</summary>
    public int StepsAnEpoch => Loader.StepCount(_plan.AccumulateSteps);

    /// <summary>The validation rows that this process measures; null: there are none.</summary>
    public IImageSource? ValidationRows { get; }

    /// <summary>What frozen stages make of the validation rows; null: they run with the rest.</summary>
    public FrozenFeatures? ValidationFeatures { get; }

    /// <summary>Who learns, and who teaches.</summary>
    public RunParticipants Participants { get; }

    /// <summary>Where the run stands.</summary>
    public TrainingRun Run { get; }

    /// <summary>How its steps are executed.</summary>
    public StepStrategy Strategy { get; }

    public void Dispose()
    {
        while (_owned.TryPop(out var component))
            component.Dispose();
        _data.Student.ReleasePath();
    }

    private IntegerTraining? TrainIntegers(ImageNetwork network) =>
        _plan.FakeQuantization is { } settings ? Own(new IntegerTraining(network, settings, _data.Training, Agreement)) : null;

    private FrozenLayers FreezeLayers(ImageNetwork network) =>
        Own(new FrozenLayers(network, _plan.FrozenStages, _plan.FreezeBatchNormStatistics));

    private FrozenLayers PrepareStudent()
    {
        _data.Student.Normalization.Set(ChooseNormalization());
        _data.Student.TestTimeAugmentation = _plan.TestTimeAugmentation;
        MoveStudent(_plan.Device ?? CPU);
        // The first one's file of weights need not be there for the others.
        Agreement.TakeOfFirst(_data.Student.Body.state_dict().Values);
        if (_plan.LinearProbe is not null)
            HeadFit.RequireHead(_data.Student);
        var frozen = FreezeLayers(_data.Student);
        // A virtual teacher that is no more than that; of a plain cross entropy or label smoothing it is no news.
        if (_plan.Objective.SoftTargetOf(0, _data.Student.ClassCount) is not null
            && _plan.Objective.EquivalentSmoothing(_data.Student.ClassCount) is { } smoothing)
        {
            var what = $"{_plan.Objective} with {_data.Student.ClassCount} classes";
            var control = $"compare with a {nameof(LabelSmoothing)} of that strength";
            Callbacks.Warn(FormattableString.Invariant($"{what} is, but for a factor, label smoothing by {smoothing:F4}; {control}."));
        }

        return frozen;
    }

    private void MoveStudent(Device device)
    {
        var expected = device.type == DeviceType.CPU ? null : DeviceProbe.Of(_data.Student, _data.Training.Shape);
        _data.Student.to(device);
        expected?.RequireSame(DeviceProbe.Of(_data.Student, _data.Training.Shape), $"{device}");
    }

    private ChannelStatistics ChooseNormalization()
    {
        if ((_plan.Normalization ?? _plan.InitialWeights?.Normalization) is { } known)
            return known;
        if (_plan.InitialWeights is not null)
        {
            var taken = "the statistics of the training rows are taken. Set Normalization where those are known";
            Callbacks.Warn($"{_plan.InitialWeights} does not say how its network's input was normalised; {taken}.");
        }

        return ChannelStatistics.Of(_data.Training, _plan.Replicas);
    }

    // A pass over all rows, made once and where it is needed; several processes make it together, where one of them may need it.
    private Lazy<string> TakeFingerprint() => Agreement.Any(_plan.CheckpointDirectory is not null || _plan.Teacher is not null)
        && _plan.Replicas is { } replicas
            ? new(SourceFingerprint.Of(_data.Training, replicas))
            : new(() => SourceFingerprint.Of(_data.Training));

    private BatchLoader OpenLoader() => new(_data.Training, _plan.BatchSize)
    {
        WithPartners = _plan.Objective.Needs.HasFlag(ObjectiveNeeds.ClassPartners),
        // The batches of two steps.
        Prefetch = (int)Math.Min(2L * _plan.AccumulateSteps, Math.Max(2, _data.Training.Count)),
        Share = Agreement.Share,
        Destination = _plan.Device ?? CPU,
    };

    // All that the run will compute: the report on a teacher is of all validation rows, and a head is fitted to rows in their order.
    private IReadOnlyList<int> BatchSizes() =>
    [
        .. Loader.BatchSizes.Concat(new[] { ValidationRows, _plan.Teacher is null ? null : _data.Validation }
            .Concat(_plan.LinearProbe is null ? [] : [_data.Training, SourceSubset.OfLabelled(_data.Training)])
            .OfType<IImageSource>().SelectMany(rows => new BatchLoader(rows, _plan.BatchSize).BatchSizes)).Distinct(),
    ];

    // Scores of several labels are ranked over all rows, so that each process has all of them.
    private IImageSource? ChooseValidationRows() =>
        _data.Validation is not { } rows || Agreement.Replicas is null || LabelSets.AreIn(rows)
            ? _data.Validation
            : new SourceSubset(rows, RowOrigin.OwnRows(rows, Agreement.Share));

    private ImageNetwork CreatePeer() => NetworkCreation.CreatePeer(_plan, _data.Student, _data.Training.ClassNames, Agreement);

    private Teacher? OpenTeacher(Lazy<string> fingerprint, CancellationToken token) =>
        TeacherOpening.Open(_plan, new TeacherContext(_data.Training.ClassNames, _data.Training.Shape, _plan.Device ?? CPU)
        {
            Training = _data.Training,
            TrainingFingerprint = fingerprint,
            Student = _data.Student,
            WithFeatures = _plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures),
            WithPreActivations = _plan.Objective.Needs.HasFlag(ObjectiveNeeds.PreActivations),
            WithClassifier = _plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherClassifier),
            TeacherTraining = new TeacherTraining(
                _data.PlanOfTeachers ?? _plan, _data.Student.Architecture, _data.Training, _data.Validation, Callbacks.Say, token),
        }, Callbacks.Say);

    private Learner CreateLearner(
        ImageNetwork network, ObjectiveContext context, FrozenLayers frozen, IntegerTraining? integers, FrozenFeatures? features = null) =>
        Own(new Learner(network, _plan, context, frozen)
        {
            Features = features,
            Integers = integers,
            IsReadLater = UnreadSteps.AreWantedBy(_plan),
        });

    private TeacherStatistics? CreateStatistics(Teacher? teacher) =>
        teacher is null || LabelSets.AreIn(_data.Training)
            ? null
            : new TeacherStatistics(_data.Training.ClassNames, _plan.Objective);

    private TrainingState CreateState() => new(_data.Student, _plan)
    {
        Training = _data.Training,
        Validation = _data.Validation,
        Scores = _data.Scores,
        Say = Callbacks.Say,
    };

    private RunCheckpoint? OpenCheckpoint(Lazy<string> fingerprint) => _plan.CheckpointDirectory is { } directory
        ? RunIdentity.Open(directory, _plan, _data, fingerprint.Value, Participants.Teacher, StepsAnEpoch)
        : null;

    private StepStrategy CreateStrategy(UnreadSteps? unread)
    {
        var gradients = new BatchGradients(_plan, Participants, WeightsOfRows, RowWeights.LabelScaleOf(_data.Training, WeightsOfRows))
        {
            PositiveWeights = WeightsOfPositives,
            Unread = unread,
        };
        if (_plan.Replicas is { } replicas)
        {
            var bucket = Own(new GradientBucket([.. Participants.Learners.SelectMany(learner => learner.Parameters)], Agreement));
            return new ReplicatedSteps(Participants, gradients, replicas, bucket);
        }

        return _plan.AccumulateSteps == 1
            ? new SingleProcess(Participants, gradients) { Unread = unread }
            : new GradientAccumulation(Participants, gradients) { Unread = unread };
    }

    private T Own<T>(T component) where T : IDisposable?
    {
        if (component is not null)
            _owned.Push(component);
        return component;
    }
}
